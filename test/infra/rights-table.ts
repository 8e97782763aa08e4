import {
  enqueuePermissions,
  findQueuePermission,
  mappingPermissions,
  operatePermissions,
  type Permission,
  resultsPermissions,
  workPermissions,
} from '../../infra/permissions.ts'

const places = { table: 'the table', indexes: 'its indexes', queue: 'the queue', dead: 'its dead letters' } as const

const roles: readonly (readonly [string, readonly Permission[]])[] = [
  ['`grantEnqueue`', enqueuePermissions],
  ['… to a role, which may not know the URLs', [findQueuePermission]],
  ['`grantResults`', resultsPermissions],
  ['a worker', workPermissions],
  ['… and the event source mapping in its name', mappingPermissions],
  ['`grantOperate`', operatePermissions],
]

/** Who may do what, and why, as the docs have it. */
export function rightsTable(): string {
  const rows = roles.flatMap(([who, permissions]) =>
    permissions.map(
      ({ action, on, reason }, index) => `| ${index === 0 ? who : ''} | \`${action}\` | ${places[on]} | ${reason} |`,
    ),
  )
  return ['| who | action | on | because |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
