import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { sections } from './reference-sections.ts'

/** docs/reference.md from the types' own comments: `npm run reference`. A test compares it, so that it cannot lag. */
const root = fileURLToPath(new URL('..', import.meta.url))
export const referencePath = `${root}docs/reference.md`

/** The page, from the sources as they are. */
export function reference(): string {
  const parts = sections.map(({ title, text, types, errors, limits }) =>
    [
      `## ${title}`,
      ...(text === undefined ? [] : [text]),
      ...(types ?? []).map(({ name, file, title: own }) => `### ${own ?? `\`${name}\``}\n\n${typeTable(file, name)}`),
      ...(errors === undefined ? [] : [errorTable(errors)]),
      ...(limits === undefined ? [] : [limitTable(limits)]),
    ].join('\n\n'),
  )
  return `# Reference

Every option, with its default and its limits. This page is made from the types (\`npm run reference\`), so it says what they say.

A \`Duration\` is a number of **seconds** or a text: \`'90s'\`, \`'10m'\`, \`'2h'\`, \`'7d'\`. Where no default stands, nothing is set.

${sections.map(({ title }) => `[${title}](#${anchor(title)})`).join(' · ')}

${parts.join('\n\n')}
`
}

function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}

function sourceOf(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(`${root}${file}`, 'utf8'), ts.ScriptTarget.Latest, true)
}

function typeTable(file: string, name: string): string {
  const source = sourceOf(file)
  const found = source.statements.find(
    (each): each is ts.InterfaceDeclaration | ts.ClassDeclaration =>
      (ts.isInterfaceDeclaration(each) || ts.isClassDeclaration(each)) && each.name?.text === name,
  )
  if (found === undefined) throw new Error(`reference: expected an interface or class ${name} in ${file}, found none.`)
  const members = [...found.members].filter(isPublic)
  // Overloads: the first tells it.
  const told = members.filter(
    (member, index) => members.findIndex((each) => nameOf(each, source) === nameOf(member, source)) === index,
  )
  const rows = told.map((member) => {
    const { text, byDefault } = commentOf(member)
    return `| \`${nameOf(member, source)}\` | ${typeOf(member, source)} | ${text} | ${byDefault} |`
  })
  return ['| | Type | | Default |', '|---|---|---|---|', ...rows].join('\n')
}

function isPublic(member: ts.TypeElement | ts.ClassElement): boolean {
  if (member.name === undefined || ts.isPrivateIdentifier(member.name)) return false
  return !ts.isConstructorDeclaration(member)
}

function nameOf(member: ts.TypeElement | ts.ClassElement, source: ts.SourceFile): string {
  const name = member.name?.getText(source) ?? ''
  return isMethod(member) ? `${name}()` : name
}

function isMethod(member: ts.Node): member is ts.MethodSignature | ts.MethodDeclaration {
  return ts.isMethodSignature(member) || ts.isMethodDeclaration(member)
}

function typeOf(member: ts.TypeElement | ts.ClassElement, source: ts.SourceFile): string {
  if (isMethod(member)) {
    const given = member.parameters.map((each) => each.getText(source)).join(', ')
    const gives = member.type?.getText(source) ?? 'void'
    return code(`(${given}): ${gives}`)
  }
  const type = 'type' in member ? (member.type as ts.TypeNode | undefined) : undefined
  return type === undefined ? '' : code(type.getText(source))
}

function code(text: string): string {
  return `\`${text.replace(/\s+/g, ' ').replaceAll('|', '\\|')}\``
}

function commentOf(node: ts.Node): { readonly text: string; readonly byDefault: string } {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  const text = comments.map((each) => ts.getTextOfJSDocComment(each.comment) ?? '').join(' ')
  const tags = ts.getJSDocTags(node)
  const tag = (name: string): string | undefined => {
    const found = tags.find((each) => each.tagName.text === name)
    return found && (ts.getTextOfJSDocComment(found.comment) ?? '')
  }
  return { text: cell(text), byDefault: cell(tag('default') ?? '') }
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replaceAll('|', '\\|')
}

/** Every exported error class, with its code. */
function errorTable(file: string): string {
  const source = sourceOf(file)
  const rows = source.statements.flatMap((each) => {
    const isExported =
      ts.canHaveModifiers(each) && ts.getModifiers(each)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    if (!ts.isClassDeclaration(each) || isExported !== true || each.name === undefined) return []
    const name = each.name.text
    const errorCode =
      /super\(\s*'([a-z-]+)'/.exec(each.getText(source))?.[1] ?? /code = '([a-z-]+)'/.exec(each.getText(source))?.[1]
    const passed = /super\([^)]*'(task-[a-z-]+)'\)/.exec(each.getText(source))?.[1]
    return [`| \`${name}\` | ${(errorCode ?? passed) ? `\`${errorCode ?? passed}\`` : ''} | ${commentOf(each).text} |`]
  })
  return ['| Error | `code` | |', '|---|---|---|', ...rows].join('\n')
}

/** Exported numbers of a file, with what their comments say. */
function limitTable(names: Readonly<Record<string, string>>): string {
  const source = sourceOf('shared/core/defaults.ts')
  const declared = new Map(
    source.statements.flatMap((each) =>
      ts.isVariableStatement(each)
        ? each.declarationList.declarations.map((one) => [one.name.getText(source), { one, each }] as const)
        : [],
    ),
  )
  const rows = Object.entries(names).map(([name, what]) => {
    const found = declared.get(name)
    if (found === undefined) throw new Error(`reference: expected ${name} in defaults.ts, found none.`)
    return `| ${what} | ${shown(found.one.initializer?.getText(source) ?? '')} | ${commentOf(found.each).text} |`
  })
  return ['| Limit | Value | Why |', '|---|---|---|', ...rows].join('\n')
}

function shown(expression: string): string {
  const bytes = /^([\d_]+) \* 1_024$/.exec(expression)?.[1]
  if (bytes !== undefined) return `${bytes.replaceAll('_', ',')} KiB`
  const time = /^(?:([\d_]+) \* )?(second|minute|hour|day)Ms$/.exec(expression)
  if (time !== null) return `${time[1] ?? 1} ${time[2]}${(time[1] ?? '1') === '1' ? '' : 's'}`
  return `\`${expression}\``
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(referencePath, reference())
