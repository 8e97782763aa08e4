/** Props as the CDK wants them under `exactOptionalPropertyTypes`: what may be undefined may be absent. */
type Defined<Props> = {
  [Name in keyof Props as undefined extends Props[Name] ? never : Name]: Props[Name]
} & {
  [Name in keyof Props as undefined extends Props[Name] ? Name : never]?: Exclude<Props[Name], undefined>
}

/** Leaves out what is undefined, so that the CDK's own defaults apply. */
export function defined<Props extends object>(props: Props): Defined<Props> {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined)) as Defined<Props>
}
