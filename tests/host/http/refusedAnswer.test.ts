import { expect, test, vi } from 'vitest'
import { temporaryHost } from '../temporaryWorkbench.ts'

test('an answer that its own contract refuses is logged with the refused value’s place, without what the answer holds', async () => {
  const { context, slideId, fetch } = await temporaryHost()
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const last = { slideId, labels: 3, leftOut: 0, changed: 1, seconds: NaN }
  context.learning = { ...context.learning, last, obstacle: null }
  const answer = await fetch('/rpc/state', { method: 'POST', headers: { 'content-type': 'application/json' } })
  expect(answer.status).toBe(500)
  const lines = said.mock.calls.flat().join('\n')
  expect(lines).toMatch(/^state: .*Output validation failed/)
  expect(lines).toContain('"learning.last.seconds" must be of type number')
  expect(lines).not.toContain('slide.png')
  expect(await answer.text()).not.toContain('learning')
})
