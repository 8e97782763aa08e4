/** The import direction of ARCHITECTURE.md. Each layer lists the layers that it may import. */
const layer = (name) => `^shared/${name}/`
const doors = '^shared/[^/]+\\.ts$'

const may = {
  core: ['core'],
  ports: ['core', 'ports'],
  protocol: ['core', 'ports', 'protocol'],
  enqueue: ['core', 'ports', 'protocol', 'enqueue'],
  schedule: ['core', 'ports', 'protocol', 'enqueue', 'schedule'],
  client: ['core', 'ports', 'protocol', 'enqueue', 'schedule', 'client'],
  worker: ['core', 'ports', 'protocol', 'enqueue', 'schedule', 'worker'],
  container: ['core', 'ports', 'protocol', 'worker', 'container'],
  insight: ['core', 'ports', 'insight'],
  operate: ['core', 'ports', 'protocol', 'enqueue', 'insight', 'operate'],
  dashboard: ['core', 'ports', 'protocol', 'enqueue', 'client', 'insight', 'operate', 'dashboard'],
  system: ['core', 'ports', 'system'],
  memory: ['core', 'ports', 'protocol', 'memory'],
  aws: ['core', 'ports', 'protocol', 'aws'],
  testing: ['core', 'ports', 'protocol', 'enqueue', 'schedule', 'client', 'worker', 'memory', 'testing'],
  local: ['core', 'ports', 'protocol', 'client', 'worker', 'system', 'memory', 'aws', 'local'],
}

/** The models and servers that play AWS on this machine know nothing of Celeriac. These layers use them. */
const usesLocalstack = ['memory', 'testing', 'local']

module.exports = {
  forbidden: [
    ...Object.entries(may).map(([name, allowed]) => ({
      name: `direction-${name}`,
      severity: 'error',
      comment: `shared/${name} may import ${allowed.join(', ')} only`,
      from: { path: layer(name) },
      to: {
        path: '^(shared|infra|functions|examples|cli|test|bench|localstack)/',
        pathNot: [...allowed.map(layer), ...(usesLocalstack.includes(name) ? ['^localstack/(?!engines/)'] : [])],
      },
    })),
    {
      name: 'localstack-stands-alone',
      severity: 'error',
      comment: 'localstack plays AWS: it imports nothing of Celeriac',
      from: { path: '^localstack/' },
      to: { path: '^(shared|infra|functions|examples|cli|test|bench)/' },
    },
    {
      name: 'core-is-pure',
      severity: 'error',
      comment: 'core imports no package but the hash of node:crypto and the types of Standard Schema',
      from: { path: layer('core') },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'core'],
        pathNot: ['@standard-schema/spec', '^crypto$', '^node:crypto$'],
      },
    },
    {
      name: 'sdk-in-aws-only',
      severity: 'error',
      comment: 'only shared/aws imports the AWS SDK',
      from: { path: '^(shared|infra|functions|cli)/', pathNot: layer('aws') },
      to: { path: '@aws-sdk/' },
    },
    {
      name: 'dynamodb-stands-alone',
      severity: 'error',
      comment: 'the DynamoDB engine imports Node and itself: it could be a package of its own',
      from: { path: '^localstack/dynamodb/(model|server)/' },
      to: { pathNot: '^localstack/(dynamodb|http|storage)/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'infra-reads-core-only',
      severity: 'error',
      comment: 'infra needs names, limits and the app object',
      from: { path: '^infra/', pathNot: '^infra/app\\.ts$' },
      to: { path: '^shared/', pathNot: [layer('core')] },
    },
    {
      name: 'nobody-imports-doors-from-inside',
      severity: 'error',
      comment: 'door files wire things together; shared never imports them',
      from: { path: '^shared/[^/]+/' },
      to: { path: doors },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'imports go one way, imports of types too',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
}
