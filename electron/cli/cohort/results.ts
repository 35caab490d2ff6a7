import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { z } from 'zod'
import {
  cohortResultSchema,
  cohortSchema,
  FailureError,
  issueMessage,
  message,
  systemFailure,
  type CohortJob,
  type CohortResult,
} from '../../contract/index.ts'
import { writeAtomically } from '../../formats/index.ts'
import { FolderAway } from './inside.ts'

const cohortFile = 'cohort.json'

/**
 * Writes a file that nobody has written before: under a temporary name, and linked to its own when it is complete and on
 * disk. Of two writers at the same time one succeeds. On a share without hard links, the look and the renaming are two steps;
 * the queue's lock and that of the slide's project keep two workers from one job there.
 * @returns false if the file was there already; it is left as it is
 */
export async function writeOnce(path: string, text: string): Promise<boolean> {
  const part = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}`)
  await writeAtomically(part, [text], { gzip: false })
  try {
    await link(part, path)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST' || existsSync(path)) return false
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'].includes(String(code))) throw failed(error, path)
    await rename(part, path).catch((renaming: unknown) => {
      throw failed(renaming, path)
    })
    return true
  } finally {
    await rm(part, { force: true })
  }
}

function failed(error: unknown, path: string): unknown {
  const failure = systemFailure(error, { do: 'writeFile', path })
  return failure ? FailureError.of(failure) : error
}

/** Makes a folder of results where there is none, and returns its id. Throws FailureError if it cannot be made or read. */
export async function makeCohort(results: string): Promise<string> {
  await mkdir(results, { recursive: true }).catch((error: unknown) => {
    const failure = systemFailure(error, { do: 'makeFolder', path: results })
    throw failure ? FailureError.of(failure) : error
  })
  const cohort = { format: 'karyon-cohort', version: 1, id: randomUUID() }
  await writeOnce(join(results, cohortFile), JSON.stringify(cohort, null, 2) + '\n')
  return cohortId(results)
}

/** Returns the id of a folder of results. Throws FolderAway if it has none: it is none, or its share is not there. */
export async function cohortId(results: string): Promise<string> {
  const text = await readFile(join(results, cohortFile), 'utf8').catch(() => undefined)
  if (text === undefined) throw new FolderAway(results)
  return parsed(join(results, cohortFile), text, cohortSchema).id
}

function parsed<T>(file: string, text: string, schema: z.ZodType<T>): T {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new FailureError('unreadable', message('fileNotJson', { file }))
  }
  const result = schema.safeParse(json)
  if (result.success) return result.data
  throw new FailureError(
    'unreadable',
    message('cohortFileWrong', { file, issue: issueMessage(result.error.issues[0]) }),
  )
}

/** Returns what a job left, or undefined if it has not been done. Throws FailureError if the file is damaged. */
export async function readResult(
  results: string,
  { result }: Pick<CohortJob, 'result'>,
): Promise<CohortResult | undefined> {
  const path = join(results, result)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw failed(error, path)
  })
  return text === undefined ? undefined : parsed(path, text, cohortResultSchema)
}

/** Returns all results of a folder, in the order of their slides' paths. */
export async function readResults(results: string): Promise<CohortResult[]> {
  const names = await readdir(results).catch((error: unknown) => {
    const failure = systemFailure(error, { do: 'listFolder', path: results })
    throw failure ? FailureError.of(failure) : error
  })
  const all: CohortResult[] = []
  for (const name of names.filter((one) => one.endsWith('.json') && one !== cohortFile && !one.startsWith('.'))) {
    const one = await readResult(results, { result: name })
    if (one) all.push(one)
  }
  return all.sort((a, b) => a.job.slide.localeCompare(b.job.slide, 'en', { numeric: true }))
}
