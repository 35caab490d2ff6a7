import { ORPCError } from '@orpc/client'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import {
  inEnglish,
  message,
  type Failure,
  type Message,
  type ProjectState,
  type SlideSummary,
} from '../../electron/contract/index.ts'

const asked: string[] = []
/** Rejects as the host does. */
const refuse = (kind: Failure['kind'], said: Message) =>
  Promise.reject(new ORPCError('FAILURE', { status: 422, data: { kind, message: said } }))

/** A fake host: slide 2 cannot be read, and pictures whose name begins with "plain" have no µm/px. */
const host = {
  slides: {
    open: ({ path, mpp }: { path: string; mpp?: number }) => {
      asked.push(`open ${path}${mpp ? ` at ${mpp}` : ''}`)
      if (path.startsWith('plain') && !mpp) return refuse('no-scale', message('noScale', { path }))
      return Promise.resolve({ slideId: path.length })
    },
  },
  nuclei: {
    detect: ({ slideId }: { slideId: number }) => {
      asked.push(`detect ${slideId}`)
      return slideId === 2 ? refuse('not-found', message('slideAway', { path: 'b.svs' })) : Promise.resolve({})
    },
    classify: ({ slideId }: { slideId: number }) => {
      asked.push(`classify ${slideId}`)
      return Promise.resolve({})
    },
  },
}
vi.mock('../../renderer/host/client.ts', () => ({
  host,
  failureOf: (error: unknown) => (error instanceof ORPCError ? (error.data as Failure) : undefined),
  showOpening: () => undefined,
}))
// The viewer's components need a browser, so only its store is loaded.
vi.mock('../../renderer/features/viewer/index.ts', () => import('../../renderer/features/viewer/store.ts'))

const { useLibrary } = await import('../../renderer/features/library/store.ts')
const { useNotices, useProject } = await import('../../renderer/host/index.ts')
const { useViewer } = await import('../../renderer/features/viewer/store.ts')

const slide = (id: number, name: string, rest: Partial<SlideSummary> = {}) =>
  ({ id, name, nuclei: 0, searched: null, activeRunId: null, ...rest }) as SlideSummary

beforeEach(() => {
  setActivePinia(createPinia())
  asked.length = 0
})

it('work on all slides skips a slide that cannot be read, and says which and why', async () => {
  useProject().state = {
    slides: [
      slide(1, 'a.svs'),
      slide(2, 'b.svs'),
      slide(3, 'c.svs', { nuclei: 9 }),
      slide(4, 'd.svs', { nuclei: 9, activeRunId: 5 }),
    ],
    jobs: [],
  } as unknown as ProjectState
  await useLibrary().workThrough()
  expect(asked).toEqual(['detect 1', 'classify 1', 'detect 2', 'classify 3'])
  expect(useNotices().notices.map(({ level, message }) => [level, message])).toEqual([
    ['error', `Not begun: b.svs: ${inEnglish(message('slideAway', { path: 'b.svs' }))}`],
  ])
})

it('the page asks for the scale of one picture after the other, and each is opened or skipped', async () => {
  const library = useLibrary()
  const opened = Promise.all(['plain1', 'plain-second', 'stated', 'plain-third'].map((path) => library.open(path)))
  await vi.waitFor(() => expect(asked).toHaveLength(4))
  expect(library.needsScale?.path).toBe('plain1')
  await library.openWithScale(0.25)
  expect(library.needsScale?.path).toBe('plain-second')
  library.close() // the user does not know the scale
  expect(library.needsScale?.path).toBe('plain-third')
  await library.openWithScale(0.5)
  expect(library.needsScale).toBeNull()
  expect(await opened).toEqual([6, null, 6, 11])
  expect(asked.slice(4)).toEqual(['open plain1 at 0.25', 'open plain-third at 0.5'])
  expect(useViewer().slideId).toBeNull() // the list of slides would come from the host
})
