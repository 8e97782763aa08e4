declare module 'virtual:icons' {
  const paths: Readonly<Record<import('./icon-names.ts').IconName, string>>
  export default paths
}
