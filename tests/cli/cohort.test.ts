import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test, vi } from 'vitest'
import { cohortJob, jobId, type JobParts } from '../../electron/cli/cohort/job.ts'
import { slideInside } from '../../electron/cli/cohort/inside.ts'
import { localQueue } from '../../electron/cli/cohort/localQueue.ts'
import type { DoJob } from '../../electron/cli/cohort/queue.ts'
import { cohortId, makeCohort, readResult, writeOnce } from '../../electron/cli/cohort/results.ts'
import { runJob } from '../../electron/cli/cohort/runJob.ts'
import { joinedColumns } from '../../electron/cli/cohort/table.ts'
import { namedWeights, OtherWeights } from '../../electron/cli/cohort/weights.ts'
import { cohortJobSchema, FailureError, message, type CohortJob } from '../../electron/contract/index.ts'
import { findDetector } from '../../electron/launch/detectors.ts'
import { fakeEngine, grid } from '../host/fakeEngine.ts'
import { writeModel } from '../host/modelFolders.ts'
import { karyon, temporaryFolder } from '../support/cli.ts'

const all = grid.columns * grid.rows

/** A folder with one slide, a folder of results, a model without weights, and the job of classifying the slide. */
async function oneJob(more: Partial<JobParts> = {}) {
  const folder = temporaryFolder()
  const [slides, results, models] = ['slides', 'results', 'models'].map((name) => join(folder, name))
  mkdirSync(slides)
  await sharp({ create: { width: 300, height: 200, channels: 3, background: '#e0c0d0' } })
    .png()
    .toFile(join(slides, 'a.png'))
  await writeModel(join(models, 'tiny'), { title: 'Tiny', classes: ['round', 'long'], lineage: [] })
  const job = cohortJob({
    kind: 'classify',
    cohort: await makeCohort(results),
    slide: 'a.png',
    bytes: statSync(join(slides, 'a.png')).size,
    model: await namedWeights('model', join(models, 'tiny')),
    detector: await namedWeights('detector', await findDetector()),
    settings: { mpp: 0.25, metric: null },
    ...more,
  })
  return { job, slides, results, models: [models], folder }
}
const watch = () => ({ signal: new AbortController().signal, update: () => undefined })

describe('one job of a cohort', () => {
  test('leaves one result and the project of its nuclei, and is not done again', async () => {
    const { job, ...place } = await oneJob()
    const { engine, calls } = fakeEngine()
    const first = await runJob(job, { ...place, engine }, watch())
    expect(first.isOld).toBe(false)
    expect(first.result.row).toMatchObject({ path: 'a.png', nuclei: all, 'n(round)': all / 2, model: 'Tiny' })
    expect(readdirSync(place.results).sort()).toEqual(
      ['cohort.json', job.result, job.result.replace('.json', '.karyon')].sort(),
    )
    // The result alone tells, also where somebody has deleted the project since.
    rmSync(join(place.results, job.result.replace('.json', '.karyon')))
    const before = calls.length
    const again = await runJob(job, { ...place, engine }, watch())
    expect([again.isOld, again.result, calls.length]).toEqual([true, first.result, before])
    expect(readdirSync(place.results).sort()).toEqual(['cohort.json', job.result].sort())
  })

  test('that the engine ended goes on from the nuclei that were stored, with the same result', async () => {
    const { job, ...place } = await oneJob()
    let isFailing = true
    const { engine, calls } = fakeEngine((method, piece) => {
      if (method === 'detect' && piece === 3 && isFailing) throw new FailureError('engine', message('bug'))
    })
    await expect(runJob(job, { ...place, engine }, watch())).rejects.toMatchObject({ failure: { kind: 'engine' } })
    expect(await readResult(place.results, job)).toBeUndefined()
    isFailing = false
    const { result } = await runJob(job, { ...place, engine }, watch())
    expect(result.row).toMatchObject({ nuclei: all, 'n(round)': all / 2 })
    const searches = calls.filter(({ method }) => method === 'detect').map(({ params }) => params)
    expect(searches).toEqual([
      expect.not.objectContaining({ searched: expect.anything() as unknown }),
      expect.objectContaining({ searched: expect.arrayContaining([expect.anything()]) as unknown }),
    ])
  })

  test('that is interrupted while it classifies goes on where it stopped', async () => {
    const { job, ...place } = await oneJob()
    const controller = new AbortController()
    const { engine, calls } = fakeEngine((method, piece) => {
      if (method === 'classify' && piece === 1) controller.abort()
    })
    const { signal } = controller
    await expect(runJob(job, { ...place, engine }, { ...watch(), signal })).rejects.toMatchObject({
      failure: { kind: 'cancelled' },
    })
    expect(await readResult(place.results, job)).toBeUndefined()
    const { result } = await runJob(job, { ...place, engine }, watch())
    expect(result.row).toMatchObject({ nuclei: all, 'n(round)': all / 2, unclassified: 0 })
    expect(calls.map(({ method }) => method)).toEqual(['detect', 'classify', 'classify'])
    const { only } = calls[2].params as { only?: Uint32Array }
    expect(only!.length).toBeLessThan(all)
  })

  test('is refused where the worker’s model of that name has other weights: another is never used', async () => {
    const other = { name: 'tiny', sha256: 'a'.repeat(64) }
    const { job, ...place } = await oneJob({ model: other })
    const { engine, calls } = fakeEngine()
    await expect(runJob(job, { ...place, engine }, watch())).rejects.toThrow(OtherWeights)
    expect(calls).toEqual([])
  })

  test('is refused where the slide has another size than when it was enqueued', async () => {
    const { job, ...place } = await oneJob({ bytes: 17 })
    const work = runJob(job, { ...place, engine: fakeEngine().engine }, watch())
    await expect(work).rejects.toThrow(/a\.png had 17 bytes then/)
  })

  test('is refused where the results go to another folder than those of its cohort', async () => {
    const { job, ...place } = await oneJob({ cohort: '01234567-89ab-4def-8123-456789abcdef' })
    const work = runJob(job, { ...place, engine: fakeEngine().engine }, watch())
    await expect(work).rejects.toThrow(/must go to one folder/)
  })
})

test('a data set of the folder is scored as a job, with all scores in its result', async () => {
  const { slides } = await oneJob()
  const data = join(slides, 'labelled')
  mkdirSync(join(data, 'images'), { recursive: true })
  writeFileSync(join(data, 'images', 'a.png'), readFileSync(join(slides, 'a.png')))
  const square = (id: number, category: number, x: number, y: number) => ({
    ...{ id, image_id: 1, category_id: category, bbox: [x, y, 10, 10] },
    segmentation: [[x, y, x + 10, y, x + 10, y + 10, x, y + 10]],
  })
  writeFileSync(
    join(data, 'coco.json'),
    JSON.stringify({
      categories: [
        { id: 1, name: 'round' },
        { id: 2, name: 'long' },
      ],
      images: [{ id: 1, file_name: 'a.png', width: 300, height: 200, mpp: 0.25 }],
      // The fake engine calls the left half "long" and the right half "round": three of these four are right.
      annotations: [square(1, 2, 10, 10), square(2, 2, 40, 10), square(3, 1, 150, 10), square(4, 2, 170, 10)],
    }),
  )
  const settings = { mpp: null, metric: 'A' as const }
  const { job, ...place } = await oneJob({ kind: 'evaluate', slide: 'labelled', bytes: null, settings })
  const { result } = await runJob(job, { ...place, slides, engine: fakeEngine().engine }, watch())
  expect(result.row).toMatchObject({ path: 'labelled', metric: 'A', images: 1, accuracy: 0.75 })
  expect(result.evaluation).toMatchObject({ accuracy: 0.75 })
})

test('only the same slide, model, detector and settings make the same job', async () => {
  const { job } = await oneJob()
  const parts: JobParts = job
  expect(`${jobId(parts)}.json`).toBe(job.result)
  const others: Partial<CohortJob>[] = [
    { slide: 'b/a.png' },
    { bytes: 1 },
    { kind: 'find' },
    { model: { name: 'tiny', sha256: 'b'.repeat(64) } },
    { settings: { mpp: 0.5, metric: null } },
  ]
  expect(new Set([parts, ...others.map((one) => ({ ...parts, ...one }))].map(jobId)).size).toBe(1 + others.length)
})

describe('a slide outside the folder of slides', () => {
  test.each(['../a.png', '/etc/passwd', 'x/../../a.png', 'C:/a.png', 'x\\..\\a.png', './a.png', 'x//a.png', ''])(
    'is refused by the contract: "%s"',
    async (slide) => {
      const { job, slides } = await oneJob()
      expect(cohortJobSchema.safeParse(job).success).toBe(true)
      expect(cohortJobSchema.safeParse({ ...job, slide }).success).toBe(false)
      expect(cohortJobSchema.safeParse({ ...job, result: slide }).success).toBe(false)
      await expect(slideInside(slides, slide)).rejects.toThrow(/leads out of it/)
    },
  )

  test('is refused behind a symbolic link, also behind one in the folder of a slide; links within are followed', async () => {
    const { slides, folder } = await oneJob()
    writeFileSync(join(folder, 'secret.png'), 'not for the cohort')
    symlinkSync(join(folder, 'secret.png'), join(slides, 'link.png'))
    symlinkSync('a.png', join(slides, 'within.png'))
    mkdirSync(join(slides, 'series'))
    symlinkSync(join(folder, 'secret.png'), join(slides, 'series', '1.dcm'))
    await expect(slideInside(slides, 'link.png')).rejects.toThrow(/leads out of it/)
    await expect(slideInside(slides, 'series')).rejects.toThrow(/leads out of it/)
    expect((await slideInside(slides, 'within.png')).bytes).toBe((await slideInside(slides, 'a.png')).bytes)
  })
})

test('of several writers of one result one succeeds, and the file is its own', async () => {
  const path = join(temporaryFolder(), 'result.json')
  const texts = Array.from({ length: 8 }, (_, k) => String(k).repeat(100_000))
  const wrote = await Promise.all(texts.map((text) => writeOnce(path, text)))
  expect(wrote.filter(Boolean)).toHaveLength(1)
  expect(readFileSync(path, 'utf8')).toBe(texts[wrote.indexOf(true)])
  expect(readdirSync(join(path, '..'))).toEqual(['result.json'])
})

test('a folder of results keeps its id, and one without an id counts as away', async () => {
  const folder = join(temporaryFolder(), 'results')
  const id = await makeCohort(folder)
  expect(await makeCohort(folder)).toBe(id)
  await expect(cohortId(temporaryFolder())).rejects.toThrow()
})

test('a table of results with different classes has a column for every class', () => {
  expect(
    joinedColumns([
      ['slide', 'n(a)', 'failure'],
      ['slide', 'n(a)', 'n(b)', 'failure'],
    ]),
  ).toEqual(['slide', 'n(a)', 'n(b)', 'failure'])
})

describe('the queue in this process', () => {
  const working = { signal: new AbortController().signal, untilEmpty: true, say: () => undefined }
  const failing =
    (error: () => Error, times = Infinity): DoJob =>
    (job) =>
      times-- > 0
        ? Promise.reject(error())
        : Promise.resolve({ result: { job, row: {}, seconds: 1 } as never, isOld: false })

  test.each([
    ['a bad slide is not tried again', () => new FailureError('unreadable', message('bug')), 1, 'failed'],
    ['an engine that stopped is tried again', () => new FailureError('engine', message('bug')), 3, 'failed'],
    ['an engine that stopped once is no failure', () => new FailureError('engine', message('bug')), 2, 'done', 1],
    ['a share that is away costs no attempt', () => new FailureError('away', message('bug')), 8, 'done', 7],
  ] as const)('%s', async (_title, error, calls, state, times?: number) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { job } = await oneJob()
      const queue = localQueue()
      expect([await queue.add([job, job], 3), await queue.add([job], 3)]).toEqual([1, 0])
      const doJob = vi.fn(failing(error, times))
      const work = queue.work(doJob, working)
      await vi.runAllTimersAsync()
      await work
      expect(doJob).toHaveBeenCalledTimes(calls)
      expect(await queue.all()).toMatchObject([{ state }])
    } finally {
      vi.useRealTimers()
    }
  })
})

test('without a queue a folder is done here, its table names what failed, and a second time nothing is done again', async () => {
  const { slides, folder } = await oneJob()
  mkdirSync(join(slides, 'more'))
  writeFileSync(join(slides, 'more', 'bad.svs'), 'no slide')
  const results = join(folder, 'here')
  const csv = join(folder, 'table.csv')
  const again = () =>
    karyon(['enqueue', slides, '--results', results, '--mpp', '0.5', '--kind', 'find', '--csv', csv, '--json'])
  expect(JSON.parse((await again()).stdout)).toMatchObject({ slides: 2, here: 1, failed: [{ slide: 'more/bad.svs' }] })
  const rows = readFileSync(csv, 'utf8').trim().split('\r\n')
  expect([rows.length, rows[0].includes('n(')]).toEqual([3, false])
  expect(rows[2]).toMatch(/^failed,find,bad\.svs,more\/bad\.svs,.*not a slide that Karyon reads/)
  const times = readdirSync(results).map((name) => statSync(join(results, name)).mtimeMs)
  expect(JSON.parse((await again()).stdout)).toMatchObject({ slides: 2, done: 1, here: 0 })
  const kept = readdirSync(results).filter((name) => !name.startsWith('bad'))
  expect(kept.map((name) => statSync(join(results, name)).mtimeMs).every((time) => times.includes(time))).toBe(true)
})

test.each([
  [['queue', 'status'], /Which queue\?/],
  [['enqueue', '/nowhere', '--results', join(temporaryFolder(), 'r')], /no such file or folder/],
  [['enqueue', temporaryFolder(), '--results', join(temporaryFolder(), 'r')], /At least one slide must lie/],
] as const)('%s is refused in a sentence', async (args, sentence) => {
  const { code, stdout, stderr } = await karyon(args, { env: { KARYON_QUEUE: '' } })
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(sentence)])
  expect(stderr).not.toMatch(/\n\s+at /)
})
