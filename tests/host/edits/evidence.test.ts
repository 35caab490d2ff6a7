import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync, zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { answers, inEnglish, reviewReasons, type FailureError } from '../../../electron/contract/index.ts'
import { verifyEvidence, writeAtomically } from '../../../electron/formats/index.ts'
import { hashSlides } from '../../../electron/host/project/slideHash.ts'
import { grid } from '../fakeEngine.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

const all = grid.columns * grid.rows

/** A classified slide with labels, of which one was undone, and its pack. */
async function packed() {
  const made = await temporaryWorkbench()
  const { workbench, context, slideId, folder } = made
  workbench.detect(slideId)
  workbench.classify(slideId)
  await workbench.idle()
  const { id } = context.project.nuclei.heads(slideId)
  workbench.labels.set(slideId, id.subarray(0, 3), 2)
  workbench.labels.set(slideId, [id[5]], answers.notSure)
  workbench.labels.set(slideId, [id[7]], 1)
  workbench.labels.undo()
  await hashSlides(context.project, new AbortController().signal)
  const { name, pieces } = await workbench.evidence('en')
  const path = join(folder, name)
  await writeAtomically(path, pieces, { gzip: false })
  const files = unzipSync(readFileSync(path))
  /** Writes the pack again after a change of its files. */
  const changed = (change: (files: Record<string, Uint8Array>) => void) => {
    const copy = Object.fromEntries(Object.entries(files).map(([file, bytes]) => [file, bytes.slice()]))
    change(copy)
    writeFileSync(path, zipSync(copy))
  }
  const problems = async () => (await verifyEvidence(path, [join(folder, 'built-in')])).problems.map(inEnglish)
  return { ...made, path, files, changed, problems, text: (file: string) => new TextDecoder().decode(files[file]) }
}

test('an evidence pack holds report, nuclei, labels and models, and is found as it was made', async () => {
  const { path, folder, text } = await packed()
  const result = await verifyEvidence(path, [join(folder, 'built-in')])
  expect([result.problems, result.unseen, result.nuclei]).toEqual([[], [], all])
  const { slides, models } = result.manifest
  expect(slides[0].counts.reduce((sum, { nuclei }) => sum + nuclei, 0)).toBe(all)
  expect(models.map(({ id, inUse }) => [id, inUse])).toEqual([['tiny', true]])
  expect(text('report.html')).toContain('For research use only')
  expect(text('report.html')).toContain(slides[0].sha256)
  // Three labels of one step, one answer, and one label that was undone.
  const log = text('labels.csv').trim().split('\r\n').slice(1)
  expect(log.map((row) => row.split(',').at(5))).toEqual(['0', '0', '0', '0', '1'])
})

test('a changed byte of any file is noticed, and the file named', async () => {
  const { files, changed, problems } = await packed()
  for (const file of Object.keys(files)) {
    changed((copy) => (copy[file][copy[file].length >> 1] ^= 1))
    // A changed manifest may no longer be one at all.
    const found = await problems().catch((error: unknown) => [(error as FailureError).message])
    expect(found.join(' '), file).toContain(file.startsWith('manifest') ? 'manifest' : file)
  }
})

test('files that are missing or were added are named', async () => {
  const { changed, problems } = await packed()
  changed((copy) => {
    delete copy['labels.csv']
    copy['more.txt'] = new Uint8Array(3)
  })
  expect(await problems()).toEqual(['labels.csv is missing from the pack.', 'more.txt was added to the pack.'])
})

test('counts that do not follow from the nuclei are noticed even if all hashes were made anew', async () => {
  const { changed, problems, text } = await packed()
  const manifest = text('manifest.json').replace(/"nuclei": (\d+)/, (_, n) => `"nuclei": ${Number(n) + 1}`)
  changed((copy) => {
    copy['manifest.json'] = new TextEncoder().encode(manifest)
    const hash = new Uint8Array(64).fill(48)
    copy['manifest.sha256'] = hash
  })
  expect((await problems()).join(' ')).toMatch(/the pack says \d+ nuclei of "[^"]*"/)
})

test('the blind audit is part of the pack, with every answer, and its result is computed again', async () => {
  const made = await packed()
  const { workbench, slideId, changed, problems, folder, path } = made
  const { review } = workbench
  const drawn = review.audits.begin(slideId, 30)
  const { listId } = await review.list(slideId, { kind: 'audit' })
  const items = await review.window(listId, 0, drawn)
  for (const [k, item] of items.entries()) {
    const classId = k === 0 ? answers.notSure : k % 4 === 0 ? 1 : 2
    workbench.labels.set(slideId, [item!.id], classId, review.answered([item!.id], reviewReasons.audit))
  }
  review.audits.begin(slideId, 25)
  const { pieces } = await workbench.evidence('en')
  await writeAtomically(path, pieces, { gzip: false })
  const { manifest, problems: none } = await verifyEvidence(path, [join(folder, 'built-in')])
  expect(none).toEqual([])
  const { result } = review.audits.report(slideId)
  expect(manifest.audits).toMatchObject([
    { audit: 1, slide: 'slide.png', isFinished: true, drawn: 30, answered: 30 },
    { audit: 2, isFinished: false, drawn: 25, answered: 0, result: null },
  ])
  const long = manifest.audits[0].result?.fractions.find((one) => one.class === 'long')
  expect(long).toMatchObject({ low: result?.classes.find(({ classId }) => classId === 2)?.low })
  expect(manifest.audits[0].result?.fractions.map((one) => one.class)).toContain('not sure')
  const files = unzipSync(readFileSync(path))
  const table = new TextDecoder().decode(files['audits.csv'])
  expect(table.trim().split('\r\n')).toHaveLength(1 + 30 + 25)
  const report = new TextDecoder().decode(files['report.html'])
  expect(report).toContain('Audit 1 of slide.png: 30 of 30 nuclei drawn at random')
  expect(report).toContain('Not finished, or too few nuclei')
  for (const [at, byte] of [10, table.indexOf('long'), table.length - 3].map((k) => [k, files['audits.csv'][k]]))
    await check(at, byte ^ 1)
  async function check(at: number, byte: number) {
    changed((copy) => {
      for (const name of Object.keys(copy)) delete copy[name]
      for (const [name, bytes] of Object.entries(files)) copy[name] = bytes.slice()
      copy['audits.csv'][at] = byte
    })
    expect((await problems()).join(' ')).toContain('audits.csv is not as it was')
  }
  // An answer that was changed, and all hashes made anew: the result no longer follows from the answers.
  const other = new TextEncoder().encode(table.replace(/,long,(\d{4})/, ',round,$1'))
  const sums = files['manifest.json']
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  const text = new TextDecoder().decode(sums).replace(hash(files['audits.csv']), hash(other))
  const sized = text.replace(`"bytes": ${files['audits.csv'].length}`, `"bytes": ${other.length}`)
  writeFileSync(
    path,
    zipSync({
      ...files,
      'audits.csv': other,
      'manifest.json': new TextEncoder().encode(sized),
      'manifest.sha256': new TextEncoder().encode(`${hash(new TextEncoder().encode(sized))}  manifest.json\n`),
    }),
  )
  const said = (await problems()).join(' ')
  expect(said).toMatch(/Audit 1 of slide\.png: the pack says .+ for “long”, but its answers give/)
  expect(said).not.toContain('not as it was')
})

test('a slide or a model that is another one now is named', async () => {
  const { slide, folder, problems } = await packed()
  writeFileSync(slide, Buffer.concat([readFileSync(slide), Buffer.of(0)]))
  const weights = join(folder, 'built-in', 'tiny', 'weights.safetensors')
  const bytes = readFileSync(weights)
  bytes[bytes.length - 1] ^= 1
  writeFileSync(weights, bytes)
  const said = await problems()
  expect(said[0]).toContain('is not the file that the nuclei of slide.png were found on')
  expect(said[1]).toContain('is not the model "Tiny" of the pack')
})

test('a file that is no evidence pack is refused with a sentence', async () => {
  const { slide } = await packed()
  await expect(verifyEvidence(slide)).rejects.toThrow(/must be an evidence pack/)
})
