export * from '../infra/index.ts'
