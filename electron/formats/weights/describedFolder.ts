import { createHash } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { z } from 'zod'
import { FailureError, issueMessage, message, systemFailure } from '../../contract/index.ts'
import { readNamed } from './readNamed.ts'
import { parseSafetensors, safetensorsBytes, type StoredTensor, type TensorsToStore } from './safetensors.ts'

/**
 * A kind of network that is stored as a folder. The folder holds a description in JSON, `weights.safetensors` and
 * `README.md` (the card).
 */
export interface FolderKind<Json extends { readonly weightsHash: string }> {
  /** The description's file name without extension: "tokenizer" for tokenizer.json. */
  readonly name: string
  readonly schema: z.ZodType<Json>
}

export interface DescribedFolder<Json> {
  readonly path: string
  readonly json: Json
  readonly weights: ReadonlyMap<string, StoredTensor>
}

const weightsName = 'weights.safetensors'

/**
 * Reads the description and the weights of a folder.
 * @throws FailureError 'not-found'; 'unreadable' if the description is of another kind or the weights are not those
 * that it was written for
 */
export async function readDescribedFolder<Json extends { readonly weightsHash: string }>(
  path: string,
  { name, schema }: FolderKind<Json>,
): Promise<DescribedFolder<Json>> {
  const file = join(path, `${name}.json`)
  const bytes = await readNamed(file)
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new FailureError('unreadable', message('fileNotJson', { file }))
  }
  const result = schema.safeParse(parsed)
  if (!result.success)
    throw new FailureError(
      'unreadable',
      message('descriptionWrong', { file, issue: issueMessage(result.error.issues[0]) }),
    )
  const weightsFile = join(path, weightsName)
  const weights = await readNamed(weightsFile)
  const found = sha256(weights)
  if (found !== result.data.weightsHash)
    throw new FailureError('unreadable', message('hashDiffers', { path, found, named: result.data.weightsHash }))
  return { path, json: result.data, weights: parseSafetensors(weights, weightsFile) }
}

/**
 * Writes a folder under a temporary name and renames it when it is complete, so that no half folder is ever found. Its
 * name is the network's id, which is passed to `describe`. Throws FailureError 'invalid-input' if the folder exists.
 */
export async function writeDescribedFolder<Json extends { readonly weightsHash: string }>(
  path: string,
  { name }: FolderKind<Json>,
  tensors: TensorsToStore,
  describe: (id: string, weightsHash: string) => Json,
  card: (json: Json) => string,
): Promise<Json> {
  const bytes = safetensorsBytes(tensors)
  const json = describe(basename(path), sha256(bytes))
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.partial`)
  try {
    await mkdir(dirname(path), { recursive: true })
    await rm(temporary, { recursive: true, force: true })
    await mkdir(temporary)
    await writeFile(join(temporary, weightsName), bytes)
    await writeFile(join(temporary, `${name}.json`), JSON.stringify(json, null, 2) + '\n')
    await writeFile(join(temporary, 'README.md'), card(json))
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined)
    const exists = error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')
    if (exists) throw new FailureError('invalid-input', message('folderTaken', { path }))
    const failure = systemFailure(error, { do: 'writeFile', path })
    if (failure) throw FailureError.of(failure)
    throw error
  }
  return json
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
