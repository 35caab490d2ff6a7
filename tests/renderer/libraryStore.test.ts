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
const goneOnWith = new Set<number>()
/** Rejects as the host does. */
const refuse = (kind: Failure['kind'], said: Message) =>
  Promise.reject(new ORPCError('FAILURE', { status: 422, data: { kind, message: said } }))

const size = (side: number) => ({ name: '', width: side, height: side })

/** A fake host: slide 2 cannot be read, slide 6 is not fit, and pictures whose name begins with "plain" have no µm/px. */
const host = {
  slides: {
    fitness: ({ slideId }: { slideId: number }) => {
      const misfit = { finding: message('fitScattered'), advice: message('adviseBlurred') }
      return Promise.resolve({ misfits: slideId === 6 && !goneOnWith.has(6) ? [misfit] : [] })
    },
    goOnAnyway: ({ slideId, findings }: { slideId: number; findings: string[] }) => {
      asked.push(`go on with ${slideId} in spite of ${findings.join()}`)
      goneOnWith.add(slideId)
      return Promise.resolve({})
    },
    open: ({ path, mpp, image }: { path: string; mpp?: number; image?: number }) => {
      asked.push(`open ${image ? `image ${image} of ` : ''}${path}${mpp ? ` at ${mpp}` : ''}`)
      if (path.startsWith('plain') && !mpp) return refuse('no-scale', message('noScale', { path }))
      return Promise.resolve({ slideId: path.length })
    },
    images: ({ path }: { path: string }) =>
      Promise.resolve(path.includes('several') ? { images: [size(30), size(90)], image: 2 } : {}),
    openImage: ({ slideId, image, mpp }: { slideId: number; image: number; mpp?: number }) => {
      asked.push(`open image ${image} of ${slideId}${mpp ? ` at ${mpp}` : ''}`)
      return mpp ? Promise.resolve({ slideId: 7 }) : refuse('no-scale', message('noScale', { path: 'x' }))
    },
  },
  nuclei: {
    detect: ({ slideId }: { slideId: number }) => {
      asked.push(`detect ${slideId}`)
      return slideId === 2 ? refuse('not-found', message('slideAway', { path: 'b.svs' })) : Promise.resolve({})
    },
    preview: ({ path }: { path: string }) =>
      path === 'broken' ? refuse('unreadable', message('cancelled')) : Promise.resolve({ nuclei: path.length }),
    import: ({ slideId, path, asLabels }: { slideId: number; path: string; asLabels: boolean }) => {
      asked.push(`import ${path} into ${slideId}${asLabels ? ' as labels' : ''}`)
      return Promise.resolve({ jobId: 1 })
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
// Components need a browser, so only the stores are loaded.
vi.mock('../../renderer/features/fitness/index.ts', () => import('../../renderer/features/fitness/store.ts'))
vi.mock('../../renderer/features/viewer/index.ts', () => import('../../renderer/features/viewer/store.ts'))

const { useLibrary } = await import('../../renderer/features/library/store.ts')
const { useFitness } = await import('../../renderer/features/fitness/store.ts')
const { useNotices, useProject } = await import('../../renderer/host/index.ts')
const { useViewer } = await import('../../renderer/features/viewer/store.ts')

const slide = (id: number, name: string, rest: Partial<SlideSummary> = {}) =>
  ({ id, name, nuclei: 0, searched: null, activeRunId: null, ...rest }) as SlideSummary

beforeEach(() => {
  setActivePinia(createPinia())
  asked.length = 0
  goneOnWith.clear()
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

it('a slide that is not fit is searched only when the reader goes on, and is left out of work on all slides', async () => {
  const [library, fitness] = [useLibrary(), useFitness()]
  useProject().state = { slides: [slide(6, 'f.svs'), slide(1, 'a.svs')], jobs: [] } as unknown as ProjectState
  await library.workThrough()
  expect(asked).toEqual(['detect 1', 'classify 1'])
  expect(useNotices().notices.at(-1)?.message).toContain(`f.svs: ${inEnglish(message('fitScattered'))}`)

  asked.length = 0
  const refused = library.detect(6)
  await vi.waitFor(() => expect(fitness.question?.name).toBe('f.svs'))
  fitness.answer(false)
  await refused
  expect(asked).toEqual([])

  const begun = library.detect(6)
  await vi.waitFor(() => expect(fitness.question).not.toBeNull())
  fitness.answer(true)
  await begun
  await library.classify(6)
  expect(asked).toEqual(['go on with 6 in spite of fitScattered', 'detect 6', 'classify 6'])
})

it('the page asks for the scale of one picture after the other, and each is opened or skipped', async () => {
  const library = useLibrary()
  const opened = Promise.all(['plain1', 'plain-second', 'stated', 'plain-third'].map((path) => library.open(path)))
  await vi.waitFor(() => expect(asked).toHaveLength(4))
  expect(library.needsScale?.file).toBe('plain1')
  await library.openWithScale(0.25)
  expect(library.needsScale?.file).toBe('plain-second')
  library.close() // the user does not know the scale
  expect(library.needsScale?.file).toBe('plain-third')
  await library.openWithScale(0.5)
  expect(library.needsScale).toBeNull()
  expect(await opened).toEqual([6, null, 6, 11])
  expect(asked.slice(4)).toEqual(['open plain1 at 0.25', 'open plain-third at 0.5'])
  expect(useViewer().slideId).toBeNull() // the list of slides would come from the host
})

it('of a file with several images the user chooses one, before its scale is asked for', async () => {
  const library = useLibrary()
  const opened = library.open('/slides/several.tif')
  await vi.waitFor(() => expect(library.needsImage).not.toBeNull())
  expect(library.needsImage).toMatchObject({ file: 'several.tif', image: 2, isShown: false })
  expect(asked).toEqual([])
  library.chooseImage(1)
  expect(await opened).not.toBeNull()
  expect(asked).toEqual(['open image 1 of /slides/several.tif'])

  const given = library.open('/slides/several.tif')
  await vi.waitFor(() => expect(library.needsImage).not.toBeNull())
  library.close()
  expect(await given).toBeNull()
  expect(asked).toHaveLength(1)
})

it('another image of a slide is opened beside it, with the scale that the user gives', async () => {
  const library = useLibrary()
  const info = { images: [size(30), size(90)], image: 2 } as SlideSummary['info']
  void library.openAnotherImage(slide(3, 'several.tif', { info }))
  expect(library.needsImage).toMatchObject({ image: 2, isShown: true })
  library.chooseImage(1)
  await vi.waitFor(() => expect(library.needsScale?.file).toBe('several.tif'))
  await library.openWithScale(0.5)
  expect(asked).toEqual(['open image 1 of 3', 'open image 1 of 3 at 0.5'])
})

it('several dropped files of nuclei are shown one after the other, and each is imported or left', async () => {
  const library = useLibrary()
  await Promise.all(['one', 'broken', 'three', 'four5'].map((path, i) => library.previewNuclei(path, i)))
  expect(library.preview).toMatchObject({ path: 'one', slideId: 0, found: { nuclei: 3 } })
  await library.importPreviewed(false)
  expect(library.preview).toMatchObject({ path: 'three', slideId: 2 })
  library.close() // leaves this one
  await library.importPreviewed(true)
  expect(library.preview).toBeNull()
  expect(asked).toEqual(['import one into 0', 'import four5 into 3 as labels'])
})
