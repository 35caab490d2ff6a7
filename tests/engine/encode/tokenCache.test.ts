import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readTokens, widenRows, writeTokens } from '../../../electron/engine/encode/tokenCache.ts'
import { temporaryFolder } from '../../support/cli.ts'

describe('cached tokens', () => {
  it('keep every float16 number, in the rows asked for', async () => {
    const all = new Float16Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer)
    const path = join(temporaryFolder(), 'tokens')
    const key = 'ab'.repeat(32)
    await writeTokens(path, key, all)
    const cached = (await readTokens(path, key, 16))!
    const index = Uint32Array.from({ length: 4096 }, (_, i) => 4095 - i)
    const rows = new Float32Array(65_536)
    widenRows(cached, index, 16, rows)
    for (let i = 0; i < rows.length; i++)
      expect(Object.is(rows[i], all[(4095 - (i >> 4)) * 16 + (i & 15)]) || Number.isNaN(rows[i])).toBe(true)
    expect(await readTokens(path, 'cd'.repeat(32), 16)).toBeUndefined()
  })
})
