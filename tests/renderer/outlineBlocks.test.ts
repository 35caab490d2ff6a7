import { describe, expect, it, vi } from 'vitest'
import { slideHeads } from '../../electron/contract/nuclei/chunks.ts'
import { type Nuclei } from '../../electron/contract/nuclei/nuclei.ts'
import { headOf, packHead, packOutlines, unpackHead } from '../../electron/contract/nuclei/packedNuclei.ts'
import type { FetchedNuclei } from '../../renderer/features/nuclei/fetchColumns.ts'
import { OutlineBlocks } from '../../renderer/features/nuclei/overlay/outlineBlocks.ts'
import { nucleiFromOutlines, outlineOf } from '../../models/nuclei/nuclei.ts'

const block = (x: number, count: number, firstId: number): Nuclei =>
  nucleiFromOutlines(
    Array.from({ length: count }, (_, i) => [x + 20 * i, 5, x + 20 * i + 8, 5, x + 20 * i + 4, 15]),
    'detected',
    Uint32Array.from({ length: count }, (_, i) => firstId + i),
  )

/** Returns the blocks 100, 101, … of the nuclei, and the outlines that people redrew. */
function fetchedOf(nuclei: readonly Nuclei[], drawn: Nuclei, replaced: readonly number[] = []): FetchedNuclei {
  const heads = nuclei.map((n) => unpackHead(packHead(headOf(n, new Uint32Array(n.count)))))
  const { head, part, index } = slideHeads(heads, { nuclei: drawn, replaced: Uint32Array.from(replaced) })
  return { columns: { ...head, part, index }, blocks: heads.map((h, k) => ({ id: 100 + k, head: h })), drawn }
}

const none = nucleiFromOutlines([], 'drawn')
const blocks = [block(0, 4, 1), block(5_000, 4, 11), block(90_000, 4, 21)]
const source = (from = blocks) => ({
  fetch: vi.fn((id: number) => Promise.resolve<Uint8Array>(packOutlines(from[id - 100]))),
  changed: vi.fn(),
  failed: vi.fn(),
})
const arrived = (calls: { changed: ReturnType<typeof vi.fn> }, times: number) =>
  vi.waitFor(() => expect(calls.changed).toHaveBeenCalledTimes(times))

describe('outlines by block', () => {
  it('outlines are fetched when they are needed, except those that people redrew', async () => {
    const drawn = nucleiFromOutlines([[5_000, 50, 5_010, 50, 5_005, 62]], 'drawn', Uint32Array.of(12))
    const fetched = fetchedOf(blocks, drawn, [12])
    const from = source()
    const outlines = new OutlineBlocks(from)
    outlines.of(fetched)
    expect(outlines.at(0)).toBeNull()
    outlines.need([0, 1, 2, 3])
    await arrived(from, 3)
    const all = [...blocks, drawn]
    for (let i = 0; i < fetched.columns.count; i++) {
      const { xy, from: first, to, dx, dy } = outlines.at(i)!
      const { origin, id } = fetched.columns
      const here = Array.from(xy.subarray(2 * first, 2 * to), (v, k) => v + (k & 1 ? dy + origin[1] : dx + origin[0]))
      const owner = all.findLast((n) => n.id.includes(id[i]))!
      expect(here).toEqual([...outlineOf(owner, owner.id.indexOf(id[i]))])
    }
    expect(fetched.columns.count).toBe(12)
  })

  it('beyond the budget the least recently used outlines are dropped, but never those in view', async () => {
    const from = source()
    const outlines = new OutlineBlocks(from, 200)
    outlines.of(fetchedOf(blocks, none))
    outlines.need([0])
    await arrived(from, 1)
    outlines.need([1, 2])
    await arrived(from, 3)
    expect(outlines.bytes).toBeGreaterThan(200)
    outlines.need([1, 2])
    expect([0, 1, 2].map((part) => outlines.has(part))).toEqual([false, true, true])
    outlines.need([2])
    expect([0, 1, 2].map((part) => outlines.has(part))).toEqual([false, false, true])
  })

  it('outlines are kept if a new version of the nuclei still has the same block', async () => {
    const from = source()
    const outlines = new OutlineBlocks(from)
    outlines.of(fetchedOf(blocks, none))
    outlines.need([0, 1])
    await arrived(from, 2)
    outlines.of(fetchedOf(blocks, none, [1]))
    expect([outlines.has(0), outlines.has(1), outlines.has(2)]).toEqual([true, true, false])
    outlines.of(null)
    expect(outlines.bytes).toBe(0)
  })

  it('outlines are fetched again some time after a failure', async () => {
    vi.useFakeTimers()
    try {
      const from = source()
      from.fetch.mockRejectedValueOnce(new Error('The host answered 500.'))
      const outlines = new OutlineBlocks(from)
      outlines.of(fetchedOf(blocks, none))
      outlines.need([0])
      await vi.advanceTimersByTimeAsync(10)
      outlines.need([0])
      expect([from.fetch.mock.calls.length, from.failed.mock.calls.length]).toEqual([1, 1])
      await vi.advanceTimersByTimeAsync(2_000)
      outlines.need([0])
      await vi.advanceTimersByTimeAsync(10)
      expect(outlines.has(0)).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  it('the outline of one nucleus that is not in view can be fetched', async () => {
    const from = source()
    const outlines = new OutlineBlocks(from)
    outlines.of(fetchedOf(blocks, none))
    expect((await outlines.load(9))?.to).toBe(6)
    expect(from.fetch.mock.calls.map(([id]) => id)).toEqual([102])
  })
})
