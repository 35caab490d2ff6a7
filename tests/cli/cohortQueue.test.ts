import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import sharp from 'sharp'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openProject } from '../../electron/store/index.ts'
import { temporaryHost } from '../host/temporaryWorkbench.ts'
import { karyon, temporaryFolder } from '../support/cli.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { isLong } from '../support/long.ts'
import { hasRedis, testRedis, type TestRedis } from '../support/redis.ts'

const cli = resolve(import.meta.dirname, '../../electron/cli.ts')

interface RunningWorker {
  readonly process: ChildProcess
  said(): string
  readonly ended: Promise<unknown>
}
const workers: RunningWorker[] = []

/** Starts `karyon work`, in a process of its own. */
function worker(url: string, slides: string, results: string, ...more: string[]): RunningWorker {
  const args = ['work', '--slides', slides, '--results', results, ...more]
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...process.env, KARYON_QUEUE: url },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, as a shell gives it: Ctrl-C reaches the worker and its engine.
    detached: true,
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const one = { process: child, said: () => said, ended: once(child, 'exit') }
  workers.push(one)
  return one
}

/** Waits until something holds. A worker has a low priority, so on a busy machine it gets little. */
async function until(holds: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  for (const end = Date.now() + 10 * 60_000; !(await holds()); await sleep(100))
    if (Date.now() > end) throw new Error(`Waited in vain: ${what()}`)
}

const doneIn = ({ said }: RunningWorker): string[] => [...said().matchAll(/^(\S+): done, /gm)].map(([, id]) => id)

interface Status {
  readonly waiting: number
  readonly running: number
  readonly done: number
  readonly failed: number
  readonly failures: readonly { slide: string; why: string }[]
}

async function statusOf(url: string): Promise<Status> {
  const { stdout, stderr } = await karyon(['queue', 'status', '--json'], { env: { KARYON_QUEUE: url } })
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Status
}

async function pictures(folder: string, count: number): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (let k = 0; k < count; k++) {
    const background = { r: 200, g: 140 + (k % 100), b: 180 }
    await sharp({ create: { width: 64, height: 48, channels: 3, background } })
      .png()
      .toFile(join(folder, `slide-${k}.png`))
  }
}

const resultsIn = (folder: string): string[] =>
  readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'cohort.json' && !name.startsWith('.'))

describe.skipIf(!hasRedis)('a cohort on a queue that several workers share', () => {
  let folder: string
  let slides: string
  let results: string
  let redis: TestRedis
  const env = () => ({ KARYON_QUEUE: redis.url })
  const enqueue = (...more: string[]) =>
    karyon(['enqueue', slides, '--results', results, '--mpp', '0.5', '--kind', 'find', '--json', ...more], {
      env: env(),
    })

  beforeEach(async () => {
    folder = temporaryFolder()
    slides = join(folder, 'slides')
    results = join(folder, 'results')
    mkdirSync(join(folder, 'redis'))
    redis = await testRedis(join(folder, 'redis'))
    await redis.start()
  })
  afterEach(async () => {
    for (const { process: child, ended } of workers.splice(0))
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await ended
    await redis.kill()
  })
  afterAll(async () => redis?.kill())

  const jobs = isLong ? 200 : 20
  test(
    `three workers, one killed, and the server killed and started again: of ${jobs} jobs each has one result, and none is lost`,
    async () => {
      await pictures(slides, jobs)
      expect(JSON.parse((await enqueue()).stdout)).toMatchObject({ slides: jobs, added: jobs })
      // Again: what is in the queue is not added twice.
      expect(JSON.parse((await enqueue()).stdout)).toMatchObject({ added: 0, known: jobs })
      const three = [1, 2, 3].map(() => worker(redis.url, slides, results, '--lock', '4', '--until-empty'))
      const all = () => three.map(({ said }) => said()).join('\n')
      await until(() => doneIn(three[0]).length >= 2, all)
      three[0].process.kill('SIGKILL')
      const written = new Map(resultsIn(results).map((name) => [name, statSync(join(results, name)).mtimeMs]))
      await redis.kill()
      await until(() => /is away/.test(three[1].said()) && /is away/.test(three[2].said()), all)
      await redis.start()
      await Promise.all(three.map(({ ended }) => ended))
      expect(await statusOf(redis.url)).toMatchObject({ waiting: 0, running: 0, done: jobs, failed: 0 })
      expect(resultsIn(results)).toHaveLength(jobs)
      const ids = resultsIn(results).map((name) => {
        const { job } = JSON.parse(readFileSync(join(results, name), 'utf8')) as { job: { slide: string } }
        return job.slide
      })
      expect(new Set(ids).size).toBe(jobs)
      for (const [name, time] of written) expect(statSync(join(results, name)).mtimeMs).toBe(time)
      const done = three.flatMap(doneIn)
      expect(new Set(done).size).toBe(done.length)
      expect(readdirSync(results).filter((name) => name.startsWith('.'))).toEqual([])
      expect(three[1].said()).toMatch(/is back/)
      const table = join(folder, 'table.csv')
      await karyon(['queue', 'results', '--results', results, '-o', table], { env: env() })
      const rows = readFileSync(table, 'utf8').trim().split('\r\n').slice(1)
      expect(rows).toHaveLength(jobs)
      expect(rows.every((row) => row.startsWith('done,find,'))).toBe(true)
    },
    isLong ? 20 * 60_000 : undefined,
  )

  test('Ctrl-C gives the job back at once, and it waits for the next worker', async () => {
    mkdirSync(slides)
    // Large enough that finding nuclei takes a while.
    const noise = { create: { width: 6000, height: 6000, channels: 3 as const, background: '#b070a0' } }
    await sharp(noise).png().toFile(join(slides, 'large.png'))
    await enqueue()
    const first = worker(redis.url, slides, results)
    await until(() => /finding nuclei/.test(first.said()), first.said)
    process.kill(-first.process.pid!, 'SIGINT')
    await first.ended
    expect(first.process.exitCode).toBe(0)
    expect(first.said()).toMatch(/given back/)
    expect(await statusOf(redis.url)).toMatchObject({ waiting: 1, running: 0, failed: 0 })
    expect(resultsIn(results)).toEqual([])
  })

  test.runIf(isLong)(
    'a worker that is told to stop while the server is away ends within 15 s, and its job is done once by the next',
    async () => {
      mkdirSync(slides)
      const plain = { create: { width: 1500, height: 1500, channels: 3 as const, background: '#b070a0' } }
      await sharp(plain).png().toFile(join(slides, 'large.png'))
      await enqueue()
      const first = worker(redis.url, slides, results, '--lock', '4')
      await until(() => /finding nuclei [1-9]/.test(first.said()), first.said)
      await redis.kill()
      await until(() => /is away/.test(first.said()), first.said)
      const told = performance.now()
      process.kill(first.process.pid!, 'SIGTERM') // as a service manager does, to the worker alone
      await first.ended
      expect((performance.now() - told) / 1000).toBeLessThan(15)
      expect([first.process.exitCode, resultsIn(results)]).toEqual([0, []])

      await redis.start()
      const both = [1, 2].map(() => worker(redis.url, slides, results, '--lock', '4', '--until-empty'))
      await Promise.all(both.map(({ ended }) => ended))
      expect(both.flatMap(doneIn)).toHaveLength(1)
      expect(resultsIn(results)).toHaveLength(1)
      expect(await statusOf(redis.url)).toMatchObject({ waiting: 0, running: 0, done: 1, failed: 0 })
    },
    20 * 60_000,
  )

  test.runIf(isLong && hasData('slides/CMU-1-Small-Region.svs'))(
    'a job of a real slide whose worker is killed goes on from what is stored: nothing found is searched again, nothing classified twice',
    async () => {
      mkdirSync(slides)
      copyFileSync(dataFolder('slides/CMU-1-Small-Region.svs'), join(slides, 'cmu.svs'))
      await enqueue('--kind', 'classify')
      const next = () => worker(redis.url, slides, results, '--lock', '4', '--until-empty')
      /** Last and all regions or crops of `doing`, as a worker said them. */
      const parts = (one: RunningWorker, doing: string) =>
        [...one.said().matchAll(new RegExp(`${doing} (\\d+)/(\\d+)`, 'g'))].map(([, at, of]) => [+at, +of]).at(-1) ?? [
          0, 0,
        ]
      /** Kills a worker and its engine as a failing machine does. Returns what its project holds. */
      const killed = async (one: RunningWorker) => {
        process.kill(-one.process.pid!, 'SIGKILL')
        await one.ended
        const name = readdirSync(results).find((file) => file.endsWith('.karyon'))!
        const project = openProject(join(results, name))
        try {
          return { ids: [...project.nuclei.of(1).id], searched: project.slides.get(1).searched }
        } finally {
          project.close()
        }
      }

      const first = next()
      await until(() => parts(first, 'finding nuclei')[0] >= 4, first.said)
      const found = await killed(first)
      expect(found.ids.length).toBeGreaterThan(0)
      expect(found.searched).not.toBeNull()

      const second = next()
      await until(() => parts(second, 'classifying')[0] >= 3, second.said)
      const classified = await killed(second)
      // Only the rest was searched, and what the first had found is as it was.
      expect(parts(second, 'finding nuclei')[1]).toBeLessThan(parts(first, 'finding nuclei')[1])
      expect(classified.ids).toEqual(expect.arrayContaining(found.ids))
      expect(classified.searched).toBeNull()

      const third = next()
      await third.ended
      expect(third.said()).not.toMatch(/finding nuclei/)
      expect(parts(third, 'classifying')[1]).toBeLessThan(parts(second, 'classifying')[1])
      const [name] = resultsIn(results)
      const { row } = JSON.parse(readFileSync(join(results, name), 'utf8')) as { row: Record<string, number> }
      expect(row).toMatchObject({ nuclei: classified.ids.length, unclassified: 0 })
      expect(doneIn(third)).toHaveLength(1)
    },
    20 * 60_000,
  )

  test('a bad slide is a dead letter without another try, is in the table in words, and can be tried again', async () => {
    await pictures(slides, 1)
    writeFileSync(join(slides, 'bad.svs'), 'no slide')
    await enqueue()
    const one = worker(redis.url, slides, results, '--until-empty')
    await one.ended
    const { done, failed, failures } = await statusOf(redis.url)
    expect([done, failed, failures[0].slide]).toEqual([1, 1, 'bad.svs'])
    expect(failures[0].why).toMatch(/not a slide that Karyon reads/)
    expect(one.said().match(/not a slide that Karyon reads/g)).toHaveLength(1)
    const retried = await karyon(['queue', 'retry', '--json'], { env: env() })
    expect(JSON.parse(retried.stdout)).toEqual({ retried: 1 })
    expect(await statusOf(redis.url)).toMatchObject({ waiting: 1, done: 1, failed: 0 })
  })

  test('while the slides’ share is away a worker waits and says so, and no job fails for it', async () => {
    await pictures(slides, 2)
    await enqueue()
    renameSync(slides, `${slides}-away`)
    const one = worker(redis.url, slides, results, '--until-empty')
    await until(() => /share may be away/.test(one.said()), one.said)
    renameSync(`${slides}-away`, slides)
    await one.ended
    expect(await statusOf(redis.url)).toMatchObject({ waiting: 0, done: 2, failed: 0 })
  })

  test('a worker whose detector of that name has other weights refuses the job, says so and stops', async () => {
    await pictures(slides, 2)
    await enqueue()
    const models = join(folder, 'models', 'he-nuclei')
    mkdirSync(models, { recursive: true })
    const { writeDetectorFolder, readDetectorFolder } = await import('../../electron/formats/weights/detectorFolder.ts')
    const own = await readDetectorFolder(resolve(import.meta.dirname, '../../resources/detectors/he-nuclei'))
    const { architecture, title, threshold, created, licence, training } = own.json
    const description = { architecture, title, threshold, created, licence, training }
    const other = join(folder, 'models', 'other')
    const weights = [['w', { shape: [1], data: Float32Array.of(1) }]] as const
    await writeDetectorFolder(other, description, weights, () => '')
    for (const name of ['detector.json', 'weights.safetensors'])
      writeFileSync(join(models, name), readFileSync(join(other, name)))
    const wrong = worker(redis.url, slides, results, '--models', join(folder, 'models'))
    await wrong.ended
    expect(wrong.process.exitCode).toBe(1)
    expect(wrong.said()).toMatch(/detector he-nuclei must be the one that the job was made with/)
    expect(await statusOf(redis.url)).toMatchObject({ waiting: 1, failed: 1 })
    expect(resultsIn(results)).toEqual([])
  })

  test('a worker waits for a server that is not there yet, and says so', async () => {
    await pictures(slides, 1)
    await enqueue()
    await redis.kill()
    const one = worker(redis.url, slides, results, '--until-empty')
    await until(() => /is away/.test(one.said()), one.said)
    await redis.start()
    await one.ended
    expect(resultsIn(results)).toHaveLength(1)
    await redis.kill()
    const { code, stderr } = await karyon(['queue', 'status'], { env: env() })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/must answer, and does not \(ECONNREFUSED\)/)])
  })

  test('a worker goes on beside the app, which stays in use, and the slide’s project is sound afterwards', async () => {
    const { workbench, slideId, fetch } = await temporaryHost()
    const [nucleusId] = workbench.nuclei(slideId).id
    await pictures(slides, 3)
    await enqueue()
    const one = worker(redis.url, slides, results, '--until-empty')
    for (let n = 0; resultsIn(results).length < 3; n++) {
      workbench.labels.set(slideId, [nucleusId], 1 + (n % 2))
      expect((await fetch(`/slides/${slideId}/tiles/0/0_0`)).status).toBe(200)
      await sleep(50)
    }
    expect(workbench.state().slides).toHaveLength(1)
    await one.ended
    expect(resultsIn(results)).toHaveLength(3)
    const project = join(
      results,
      readdirSync(results).find((name) => name.endsWith('.karyon'))!,
    )
    const { stdout } = await karyon(['project', 'check', project, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ slides: 1, nuclei: 0 })
  })
})

describe.skipIf(!hasRedis)('a server with a password', () => {
  test('is used with the one of its address, which nothing repeats, and another is refused in a sentence', async () => {
    const folder = temporaryFolder()
    const secret = 'vertraulich-7'
    const redis = await testRedis(folder, secret)
    await redis.start()
    try {
      const slides = join(folder, 'slides')
      await pictures(slides, 1)
      const wrong = redis.url.replace(secret, 'falsch-8')
      for (const [url, code] of [
        [redis.url, 0],
        [wrong, 1],
        [wrong.replace('redis:', 'http:'), 1],
      ] as const)
        for (const args of [
          ['enqueue', slides, '--results', join(folder, 'results'), '--queue', url],
          ['queue', 'status', '--queue', url],
          ['work', '--slides', slides, '--results', join(folder, 'results'), '--until-empty', '--queue', url],
        ]) {
          const ran = await karyon(args)
          expect([args[0], ran.code, ran.stderr]).toEqual([args[0], code, expect.any(String)])
          expect(ran.stdout + ran.stderr).not.toMatch(/vertraulich|falsch/)
          if (code === 1) expect(ran.stderr).toMatch(/refuses the user or password|address such as redis/)
        }
    } finally {
      await redis.kill()
    }
  })
})
