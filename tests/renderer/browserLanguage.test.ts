import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => void vi.unstubAllGlobals())

test('charts load in a browser under the C locale, whose language is no language tag', async () => {
  vi.stubGlobal('navigator', { language: 'en-US@posix' })
  await import('../../renderer/browserLanguage.ts')
  expect(() => new Intl.NumberFormat(navigator.language)).not.toThrow()
  expect(navigator.language).toBe('en-US')
})
