import { ORPCError } from '@orpc/client'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { message, type Failure, type ProjectState } from '../../electron/contract/index.ts'
import { nothingShown } from '../../electron/contract/nuclei/displayed.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'

let fetches = 0
/** How many of the next fetches find a chunk that is no longer there. */
let gone = 0
const nucleus = nucleiFromOutlines([[0, 0, 8, 0, 8, 8, 0, 8]], 'detected', Uint32Array.of(7))

vi.mock('../../renderer/host/client.ts', () => ({
  host: {},
  failureOf: (error: unknown) => (error instanceof ORPCError ? (error.data as Failure) : undefined),
}))
vi.mock('../../renderer/features/viewer/index.ts', () => import('../../renderer/features/viewer/store.ts'))
vi.mock('../../renderer/features/nuclei/fetchColumns.ts', () => ({
  fetchNuclei: () => {
    fetches++
    if (gone-- > 0)
      return Promise.reject(
        new ORPCError('FAILURE', {
          data: { kind: 'not-found', message: message('noChunk', { slide: 1, chunk: 6 }) },
        }),
      )
    const columns = { ...nucleus, part: new Uint16Array(1), index: new Uint32Array(1) }
    return Promise.resolve({ columns, blocks: [], drawn: nucleiFromOutlines([], 'drawn') })
  },
  fetchShown: () =>
    Promise.resolve({ nucleiVersion: 1, shownVersion: 1, position: Uint32Array.of(0), shown: nothingShown(1) }),
}))

const { useNuclei } = await import('../../renderer/features/nuclei/store.ts')
const { useNotices, useProject } = await import('../../renderer/host/index.ts')

beforeEach(() => {
  setActivePinia(createPinia())
  fetches = 0
})

/** Shows a slide whose nuclei are fetched. */
function showSlide() {
  const slides = [{ id: 1, name: 'a.svs', nucleiVersion: 1, shownVersion: 1, predictedVersion: 1 }]
  useProject().state = { slides, classes: [], jobs: [] } as unknown as ProjectState
  return useNuclei()
}
const notices = () => useNotices().notices.map((notice) => notice.message)

it('nuclei that are replaced while they are fetched are fetched again, without a word', async () => {
  gone = 1
  const nuclei = showSlide()
  await vi.waitFor(() => expect(nuclei.nuclei?.count).toBe(1), { timeout: 3000 })
  expect(fetches).toBe(2)
  expect(notices()).toEqual([])
})

it('nuclei that stay away are asked for three times, and then the page says so', async () => {
  gone = 9
  const nuclei = showSlide()
  await vi.waitFor(() => expect(notices()).toHaveLength(1), { timeout: 5000 })
  expect(fetches).toBe(3)
  expect(nuclei.nuclei).toBeNull()
})
