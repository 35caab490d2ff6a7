import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync, zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { answers, inEnglish, type FailureError } from '../../../electron/contract/index.ts'
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
