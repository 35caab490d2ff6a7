import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { FailureError, message, systemFailure, type Message } from '../../contract/index.ts'
import { readModelFolder, readModelWeights } from '../weights/modelFolder.ts'
import { correctedFractions } from '../../../models/statistics/classFractions.ts'
import { auditsName, manifestName, manifestSchema, sealName, type Manifest } from './pack.ts'

export interface VerifiedEvidence {
  readonly manifest: Manifest
  /** Everything that is not as it was when the pack was made. Empty: nothing. */
  readonly problems: readonly Message[]
  /** Slides and models that could not be compared, because they were not found. */
  readonly unseen: readonly Message[]
  readonly files: number
  /** Number of nuclei counted again. */
  readonly nuclei: number
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/**
 * Checks an evidence pack: every file by its hash, every count by counting again, and the slides and models themselves
 * where they are found (in `folders`, else beside the pack). Throws FailureError if it is not an evidence pack.
 */
export async function verifyEvidence(path: string, folders: readonly string[] = []): Promise<VerifiedEvidence> {
  const files = await unzipped(path)
  const manifestBytes = files.get(manifestName)
  if (!manifestBytes) throw new FailureError('unreadable', message('noEvidence', { path }))
  const problems: Message[] = []
  const seal = strFromU8(files.get(sealName) ?? new Uint8Array(0)).slice(0, 64)
  const isSealed = seal === sha256(manifestBytes)
  if (!isSealed) problems.push(message('evidenceChanged', { file: manifestName }))
  const manifest = parsed(
    strFromU8(manifestBytes),
    isSealed ? message('noEvidence', { path }) : message('evidenceChanged', { file: `${manifestName} in ${path}` }),
  )
  const listed = new Set([manifestName, sealName])
  for (const { name, bytes, sha256: expected } of manifest.files) {
    listed.add(name)
    const content = files.get(name)
    if (!content) problems.push(message('evidenceMissing', { file: name }))
    else if (content.length !== bytes || sha256(content) !== expected)
      problems.push(message('evidenceChanged', { file: name }))
  }
  for (const name of files.keys()) if (!listed.has(name)) problems.push(message('evidenceExtra', { file: name }))
  let nuclei = 0
  for (const slide of manifest.slides) {
    const table = files.get(slide.nuclei)
    if (!table) continue
    const counted = countedIn(strFromU8(table))
    for (const { nuclei: n } of counted.values()) nuclei += n
    for (const name of new Set([...counted.keys(), ...slide.counts.map((count) => count.class)])) {
      const said = slide.counts.find((count) => count.class === name) ?? { nuclei: 0, labelled: 0 }
      const found = counted.get(name) ?? { nuclei: 0, labelled: 0 }
      if (said.nuclei !== found.nuclei || said.labelled !== found.labelled)
        problems.push(
          message('evidenceCount', {
            slide: slide.name,
            class: name,
            said: [said.nuclei, said.labelled],
            found: [found.nuclei, found.labelled],
          }),
        )
    }
  }
  problems.push(...auditProblems(manifest, files.get(auditsName)))
  const places = [...folders, dirname(path)]
  const unseen = [...(await slidesIn(manifest, places, problems)), ...(await modelsIn(manifest, places, problems))]
  return { manifest, problems, unseen, files: files.size, nuclei }
}

async function unzipped(path: string): Promise<Map<string, Uint8Array>> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    const failure = systemFailure(error, { do: 'readFile', path })
    throw failure ? FailureError.of(failure) : error
  }
  try {
    return new Map(Object.entries(unzipSync(bytes)))
  } catch {
    throw new FailureError('unreadable', message('noEvidence', { path }))
  }
}

function parsed(text: string, problem: Message): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(text))
  } catch {
    throw new FailureError('unreadable', problem)
  }
}

/** Counts the rows of a table of nuclei (csv.ts) by class. */
function countedIn(text: string): Map<string, { nuclei: number; labelled: number }> {
  const [head, ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/)
  const separator = head.includes(';') ? ';' : ','
  const columns = fieldsOf(head, separator)
  const [ofClass, ofLabel] = [columns.indexOf('class'), columns.indexOf('labelled_by_human')]
  const counts = new Map<string, { nuclei: number; labelled: number }>()
  for (const line of lines) {
    if (line === '') continue
    const fields = fieldsOf(line, separator)
    const count = counts.get(fields[ofClass]) ?? { nuclei: 0, labelled: 0 }
    count.nuclei++
    count.labelled += Number(fields[ofLabel] || 0)
    counts.set(fields[ofClass], count)
  }
  return counts
}

/** Computes each audit again from the table of its answers. Returns what differs from the manifest. */
function auditProblems({ audits }: Manifest, table: Uint8Array | undefined): Message[] {
  if (!table) return []
  const [head, ...lines] = strFromU8(table).split(/\r?\n/)
  const columns = fieldsOf(head, ',')
  const rows = lines
    .filter((line) => line !== '')
    .map((line) => {
      const fields = fieldsOf(line, ',')
      const field = (name: string) => fields[columns.indexOf(name)] ?? ''
      return { audit: Number(field('audit')), shown: field('shown'), answer: field('answer') }
    })
  return audits.flatMap(({ audit, slide, drawn, answered, shown, result }) => {
    const own = rows.filter((row) => row.audit === audit)
    const said = own.filter(({ answer }) => answer !== '')
    const differs = (what: string, claimed: number, found: number) =>
      Math.abs(claimed - found) > 1e-9 ? [message('evidenceAudit', { slide, audit, what, said: claimed, found })] : []
    const counts = [...differs('drawn', drawn, own.length), ...differs('answered', answered, said.length)]
    if (!result) return counts
    const right = said.filter((row) => row.shown === row.answer).length
    const audited = shown.map(({ class: name }) =>
      result.fractions.map((one) => said.filter((row) => row.shown === name && row.answer === one.class).length),
    )
    const fractions = correctedFractions({ shown: shown.map(({ nuclei }) => nuclei), audited })
    return [
      ...counts,
      ...differs('right', result.right.nuclei, right),
      ...result.fractions.flatMap((one, k) => [
        ...differs(one.class, one.mean, fractions[k].mean),
        ...differs(one.class, one.low, Math.max(0, fractions[k].low)),
        ...differs(one.class, one.high, Math.min(1, fractions[k].high)),
      ]),
    ]
  })
}

/** Splits a line of RFC 4180; a field has no line breaks here. */
function fieldsOf(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator)
  return Array.from(line.matchAll(new RegExp(`(?:^|${separator})(?:"((?:[^"]|"")*)"|([^${separator}]*))`, 'g')), (m) =>
    m[1] === undefined ? m[2] : m[1].replaceAll('""', '"'),
  )
}

async function slidesIn({ slides }: Manifest, places: readonly string[], problems: Message[]): Promise<Message[]> {
  const unseen: Message[] = []
  for (const { name, path, sha256: expected } of slides) {
    const candidates = places.flatMap((place) => [join(place, path), join(place, basename(path))])
    const file = await firstFile(candidates)
    if (!file || expected === null) unseen.push(message('evidenceSlideUnseen', { slide: name }))
    else if ((await hashOf(file)) !== expected) problems.push(message('evidenceSlide', { slide: name, path: file }))
  }
  return unseen
}

async function modelsIn({ models }: Manifest, places: readonly string[], problems: Message[]): Promise<Message[]> {
  const unseen: Message[] = []
  for (const { id, title, weightsHash } of models) {
    let found = false
    for (const place of places) {
      // A model of the project lies in "<project>-models" beside it.
      const parent = id.replace(/-\d+$/, '')
      for (const folder of [join(place, id), join(place, `${parent}-models`, id)]) {
        if (!(await firstFile([join(folder, 'model.json')]))) continue
        found = true
        const isSame = await readModelFolder(folder)
          .then(async (model) => (await readModelWeights(model), model.json.weightsHash === weightsHash))
          .catch(() => false)
        if (!isSame) problems.push(message('evidenceModel', { model: title, path: folder }))
      }
    }
    if (!found) unseen.push(message('evidenceModelUnseen', { model: title }))
  }
  return unseen
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if ((await stat(path).catch(() => undefined))?.isFile()) return path
  return undefined
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}
