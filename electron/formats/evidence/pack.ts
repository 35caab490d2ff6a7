import { createHash } from 'node:crypto'
import { strToU8, Zip, ZipDeflate } from 'fflate'
import { z } from 'zod'
import { joinedPieces } from '../files/writeAtomically.ts'

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/)
const countSchema = z.object({
  class: z.string(),
  nuclei: z.number().int(),
  labelled: z.number().int(),
})

const scoreSchema = z.object({ mean: z.number(), low: z.number(), high: z.number() })
/** A blind audit: nuclei drawn at random, which a reader labelled without seeing their classes. */
const auditSchema = z.object({
  /** Its number, from 1, as in the table of audits. */
  audit: z.number().int(),
  slideId: z.number().int(),
  slide: z.string(),
  reader: z.string(),
  begun: z.string(),
  /** Unfinished ones are listed too: nobody can leave out an audit that they did not like. */
  isFinished: z.boolean(),
  drawn: z.number().int(),
  answered: z.number().int(),
  /** Numbers of nuclei that counted when it began, by the class shown. */
  shown: z.array(z.object({ class: z.string(), nuclei: z.number().int() })),
  /** null: not finished, or too few nuclei to say. */
  result: z
    .object({
      ended: z.string(),
      seconds: z.number(),
      /** True if the slide's nuclei have changed since it began. */
      isStale: z.boolean(),
      /** Audited nuclei shown right, and the 95 % interval of their share. */
      right: z.object({ nuclei: z.number().int(), low: z.number(), high: z.number() }),
      /** Corrected fraction of each class with its 95 % interval, in the order in which they were computed. */
      fractions: z.array(scoreSchema.extend({ class: z.string() })),
    })
    .nullable(),
})

/** What an evidence pack says. It is the file `manifestName` of the pack. */
export const manifestSchema = z.object({
  format: z.literal('karyon-evidence'),
  version: z.literal(1),
  karyon: z.string(),
  created: z.string(),
  project: z.string(),
  reader: z.string(),
  slides: z.array(
    z.object({
      id: z.number().int(),
      name: z.string(),
      /** Path from the project's folder. */
      path: z.string(),
      width: z.number(),
      height: z.number(),
      /** Of the slide's file; null: not computed yet when the pack was made. */
      sha256: sha256Schema.nullable(),
      mpp: z.object({ x: z.number(), y: z.number(), source: z.string() }).nullable(),
      /** Area searched for nuclei: the whole slide or a part. */
      searched: z.enum(['whole', 'part', 'not']),
      tissueMm2: z.number().nullable(),
      /** The run that is shown; null: none. */
      run: z.object({ modelId: z.string(), modelTitle: z.string(), created: z.string() }).nullable(),
      counts: z.array(countSchema),
      nuclei: z.string(),
    }),
  ),
  models: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      weightsHash: z.string(),
      lineage: z.array(z.string()),
      metric: z.string(),
      inUse: z.boolean(),
    }),
  ),
  /** Packs from before audits were part of them have none. */
  audits: z.array(auditSchema).default([]),
  /** Every other file of the pack. */
  files: z.array(z.object({ name: z.string(), bytes: z.number().int(), sha256: sha256Schema })),
})
export type Manifest = z.infer<typeof manifestSchema>

export const manifestName = 'manifest.json'
/** Table of all audited nuclei: what was shown, what was answered, when. */
export const auditsName = 'audits.csv'
/** Holds the SHA-256 of the manifest, so that a changed byte there is noticed too. */
export const sealName = 'manifest.sha256'

/** A file to be put into a pack. */
export interface Entry {
  readonly name: string
  readonly content: Iterable<string | Uint8Array>
}

/**
 * Yields an evidence pack as a zip file, piece by piece: the entries, then the manifest, which lists them with their
 * hashes, and its seal. Memory does not grow with the entries.
 */
export function* packEvidence(about: Omit<Manifest, 'files'>, entries: Iterable<Entry>): Generator<Uint8Array> {
  let ready: Uint8Array[] = []
  const zip = new Zip((error, piece) => {
    if (error) throw error
    ready.push(piece)
  })
  const files: Manifest['files'][number][] = []
  const taken = () => {
    const pieces = ready
    ready = []
    return pieces
  }
  function* add(name: string, content: Iterable<string | Uint8Array>): Generator<Uint8Array, string> {
    const file = new ZipDeflate(name, { level: 6 })
    zip.add(file)
    const hash = createHash('sha256')
    let bytes = 0
    for (const piece of joinedPieces(content)) {
      hash.update(piece)
      bytes += piece.length
      file.push(piece)
      yield* taken()
    }
    file.push(new Uint8Array(0), true)
    yield* taken()
    const sha256 = hash.digest('hex')
    files.push({ name, bytes, sha256 })
    return sha256
  }
  for (const { name, content } of entries) yield* add(name, content)
  const manifest = strToU8(JSON.stringify({ ...about, files: [...files] } satisfies Manifest, null, 1))
  const seal = yield* add(manifestName, [manifest])
  yield* add(sealName, [`${seal}  ${manifestName}\n`])
  zip.end()
  yield* taken()
}
