import { createHash } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { FailureError, systemFailure } from '../../contract/index.ts'
import { readNamed } from './readNamed.ts'
import { parseSafetensors, safetensorsBytes, type StoredTensor } from './safetensors.ts'

/** Largest vocabulary: eight times DALL-E's; the network's head over it would outweigh the network. */
export const vocabularyLimit = 65_536

/** A tokenizer is a folder: `tokenizer.json` (what it is), `weights.safetensors` and `README.md` (its card). */
const width = z.int().min(1).max(4096)
const spread = z.number().positive()
const tokenizerJsonSchema = z.object({
  format: z.literal('karyon-tokenizer'),
  version: z.literal(1),
  id: z.string().min(1),
  title: z.string().min(1),
  architecture: z.object({
    widths: z.tuple([width, width, width]),
    blocks: z.int().min(0).max(16),
    codeWidth: width,
    vocabulary: z.int().min(2).max(vocabularyLimit),
    scale: z.object({ mean: z.tuple([z.number(), z.number()]), spread: z.tuple([spread, spread]) }).optional(),
    perplexity: z.number().min(2).optional(),
  }),
  created: z.string(),
  licence: z.string(),
  /** What it was trained on and how, for the record. */
  training: z.record(z.string(), z.unknown()),
  /** SHA-256 of weights.safetensors. */
  weightsHash: z.string(),
})
export type TokenizerJson = z.infer<typeof tokenizerJsonSchema>
export type TokenizerDescription = Omit<TokenizerJson, 'format' | 'version' | 'id' | 'weightsHash'>

export interface TokenizerFolder {
  readonly path: string
  readonly json: TokenizerJson
  readonly weights: ReadonlyMap<string, StoredTensor>
}

/**
 * A tokenizer's description and weights.
 * @throws FailureError not-found; unreadable where tokenizer.json is foreign or the weights are not those it names
 */
export async function readTokenizerFolder(path: string): Promise<TokenizerFolder> {
  const file = join(path, 'tokenizer.json')
  const bytes = await readNamed(file, 'the tokenizer description')
  const bad = (why: string): never => {
    throw new FailureError('unreadable', `${why}. Restore the tokenizer folder from its source.`)
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return bad(`${file} must be JSON, but it is not`)
  }
  const result = tokenizerJsonSchema.safeParse(parsed)
  if (!result.success) {
    const issue = result.error.issues[0]
    return bad(`${file} does not describe a Karyon tokenizer: "${issue.path.join('.')}" ${issue.message}`)
  }
  const weightsFile = join(path, 'weights.safetensors')
  const weights = await readNamed(weightsFile, 'the weights')
  if (sha256(weights) !== result.data.weightsHash)
    bad(`The weights in ${path} are not those its tokenizer.json names; the folder was edited or damaged`)
  return { path, json: result.data, weights: parseSafetensors(weights, weightsFile) }
}

/** Writes a tokenizer folder at once, under another name first. Fails if it exists. The id is the folder's name. */
export async function writeTokenizerFolder(
  path: string,
  description: TokenizerDescription,
  weights: Iterable<readonly [string, { shape: readonly number[]; data: Float32Array }]>,
  card: (json: TokenizerJson) => string,
): Promise<TokenizerJson> {
  const bytes = safetensorsBytes(weights)
  const json: TokenizerJson = {
    format: 'karyon-tokenizer',
    version: 1,
    id: basename(path),
    ...description,
    weightsHash: sha256(bytes),
  }
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.partial`)
  try {
    await mkdir(dirname(path), { recursive: true })
    await rm(temporary, { recursive: true, force: true })
    await mkdir(temporary)
    await writeFile(join(temporary, 'weights.safetensors'), bytes)
    await writeFile(join(temporary, 'tokenizer.json'), JSON.stringify(json, null, 2) + '\n')
    await writeFile(join(temporary, 'README.md'), card(json))
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined)
    const there = error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')
    if (there)
      throw new FailureError('invalid-input', `The tokenizer folder ${path} exists already. Choose another name.`)
    const failure = systemFailure(error, `write the tokenizer folder ${path}`)
    if (failure) throw FailureError.of(failure)
    throw error
  }
  return json
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
