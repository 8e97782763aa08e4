import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from 'celeriac/testing'
import { app, greet } from '../tasks.ts'

test('a greeting is enqueued, worked and answered', async () => {
  const kit = createTestApp(app)
  const handle = await greet.delay({ name: 'Ada' })
  await kit.run()
  assert.equal(await handle.get(), 'Hello Ada')
  assert.deepEqual(kit.deadLetters(), [])
})

test('a greeting without a name is refused before it is enqueued', async () => {
  createTestApp(app)
  await assert.rejects(greet.delay({ name: '' }), { code: 'input' })
})
