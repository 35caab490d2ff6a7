import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { FailureError, inEnglish, message, reviewReasons } from '../../../electron/contract/index.ts'
import { fakeEngine, grid } from '../fakeEngine.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

const all = grid.columns * grid.rows

/** A folder with two pictures, a broken TIFF, a text and a folder. */
async function folderOfSlides(folder: string): Promise<string> {
  const slides = join(folder, 'slides')
  mkdirSync(join(slides, 'more'), { recursive: true })
  for (const [k, name] of ['b10.png', 'b9.png'].entries())
    await sharp({ create: { width: 300, height: 200, channels: 3, background: { r: 200, g: 150, b: 90 + k } } })
      .png()
      .toFile(join(slides, name))
  writeFileSync(join(slides, 'broken.tif'), 'II*\0 not a TIFF')
  writeFileSync(join(slides, 'notes.txt'), 'about the slides')
  return slides
}

/** The rows of a CSV table as records. */
function rowsOf(csv: string): Record<string, string>[] {
  const [head, ...lines] = csv
    .replace(/^\uFEFF/, '')
    .trim()
    .split('\r\n')
  const cells = (line: string) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((m) => m[1]?.replaceAll('""', '"') ?? m[2])
  const columns = cells(head)
  return lines.map((line) => Object.fromEntries(cells(line).map((cell, k) => [columns[k], cell])))
}

test('every slide of a folder is found and classified, and one table holds the results and what failed, in words', async () => {
  const { workbench, folder } = await temporaryWorkbench()
  const { slideIds, refused, folders, ended } = await workbench.batch(await folderOfSlides(folder), 0.25)
  await ended
  expect([slideIds.length, folders]).toEqual([2, 1])
  expect(refused.map(({ name }) => name)).toEqual(['broken.tif'])
  const rows = rowsOf(await workbench.results())
  expect(rows.map(({ slide }) => slide)).toEqual(['slide.png', 'b9.png', 'b10.png', 'broken.tif'])
  const [before, first, second, broken] = rows
  expect(before).toMatchObject({ nuclei: '0', searched: 'not', failure: '' })
  expect(first).toMatchObject({
    um_per_px_x: '0.25',
    um_per_px_source: 'given by the user',
    searched: 'whole',
    nuclei: String(all),
    'n(round)': String(all / 2),
    'share(long)': '0.5',
    'corrected(long)': '',
    model: 'Tiny',
    failure: '',
  })
  expect(Number(first.seconds_finding)).toBeGreaterThanOrEqual(0)
  expect(first.range).toContain('not a confidence interval')
  // A picture of one colour is no stained tissue, and the table says that the results are to be doubted.
  expect(first.doubts).not.toBe('')
  expect(Number(first['low(round)'])).toBeLessThanOrEqual(0.5)
  expect(second.path).toBe('slides/b10.png')
  expect(broken).toMatchObject({ nuclei: '', path: 'slides/broken.tif', failure: inEnglish(refused[0].why) })
  expect(broken.failure).not.toBe('')
})

test('without a scale a slide is refused in words, and what is done is not done again when the batch is repeated', async () => {
  const { engine, calls } = fakeEngine()
  const { workbench, folder } = await temporaryWorkbench(engine)
  const slides = await folderOfSlides(folder)
  const unscaled = await workbench.batch(slides)
  expect(unscaled.slideIds).toEqual([])
  expect(inEnglish(unscaled.refused[0].why)).toMatch(/µm/)
  await (
    await workbench.batch(slides, 0.25)
  ).ended
  const before = calls.length
  const again = await workbench.batch(slides)
  await again.ended
  expect([again.slideIds.length, again.jobIds, calls.length]).toEqual([2, [], before])
  const rows = rowsOf(await workbench.results())
  expect(rows.filter(({ failure }) => failure !== '').map(({ slide }) => slide)).toEqual(['broken.tif'])
})

test('a slide on which the engine fails says so in the table, and the others go on', async () => {
  let failing = true
  const { engine } = fakeEngine((method, piece) => {
    if (method === 'detect' && piece === 2 && failing) {
      failing = false
      throw new FailureError('engine', message('bug'))
    }
  })
  const { workbench, folder } = await temporaryWorkbench(engine)
  const slides = await folderOfSlides(folder)
  await (
    await workbench.batch(slides, 0.25)
  ).ended
  const rows = rowsOf(await workbench.results())
  expect(rows.find(({ slide }) => slide === 'b9.png')?.failure).toBe(inEnglish(message('bug')))
  expect(rows.find(({ slide }) => slide === 'b10.png')).toMatchObject({ nuclei: String(all), failure: '' })
  await (
    await workbench.batch(slides)
  ).ended
  const second = rowsOf(await workbench.results())
  expect(second.find(({ slide }) => slide === 'b9.png')).toMatchObject({ nuclei: String(all), failure: '' })
})

test('a blind audit gives the table corrected shares with their intervals', async () => {
  const { workbench, slideId } = await temporaryWorkbench()
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  const { review } = workbench
  const drawn = review.audits.begin(slideId, 40)
  const { listId } = await review.list(slideId, { kind: 'audit' })
  for (const item of await review.window(listId, 0, drawn))
    workbench.labels.set(slideId, [item!.id], 1, review.answered([item!.id], reviewReasons.audit))
  const [row] = rowsOf(await workbench.results())
  const { result } = review.audits.report(slideId)
  const round = result!.classes.find(({ classId }) => classId === 1)!
  expect(Number(row['corrected(round)'])).toBeCloseTo(round.mean, 3)
  expect([Number(row['low(round)']), Number(row['high(round)'])]).toEqual([
    expect.closeTo(round.low, 3),
    expect.closeTo(round.high, 3),
  ])
  expect(row.range).toContain('blind audit of 40 nuclei')
})
