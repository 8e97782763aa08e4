import * as z from 'zod/mini'
import { type Route, routes } from './routes.ts'
import { problem } from './schemas.ts'

/** The checked-in openapi.json. It does not contain the package version. */
export function openApiText(): string {
  return `${JSON.stringify(openApi('1'), null, 2)}\n`
}

/** The API as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1), made from the table of routes. */
export function openApi(version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Celeriac dashboard',
      version,
      description:
        'See and steer tasks. Instants are epoch milliseconds. Errors are application/problem+json with a remedy.',
    },
    servers: [{ url: '/api/v1' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: schemaOf(problem, 'output') },
    },
  }
}

function operationOf({ method, path, role, summary, query, body, answer }: Route): object {
  return {
    operationId: [
      method.toLowerCase(),
      ...path
        .split('/')
        .filter(Boolean)
        .map((part) => part.replace(':', 'by-')),
    ].join('-'),
    summary,
    description: `For the role ${role}${role === 'viewer' ? ' and above' : ''}.`,
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body && { requestBody: { required: true, content: json(schemaOf(body, 'input')) } }),
    responses: {
      200: { description: 'The answer.', content: json(schemaOf(answer, 'output')) },
      default: {
        description: 'What went wrong, and what to do.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

function pathParameters(path: string): readonly object[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(query: z.ZodMiniType): readonly object[] {
  const { properties = {} } = schemaOf(query, 'input') as { properties?: Readonly<Record<string, object>> }
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }))
}

function json(schema: object): object {
  return { 'application/json': { schema } }
}

function schemaOf(schema: z.ZodMiniType, io: 'input' | 'output'): object {
  const { $schema: _version, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<
    string,
    unknown
  >
  return rest
}
