import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { FailureError, inEnglish, issueMessage, message, systemFailure } from '../../contract/index.ts'
import type { DataSet } from '../../formats/dataSets/index.ts'
import { indexOfClass, renameClasses, usedClasses } from './classMap.ts'
import { needClasses, needScale, openData } from './dataSlides.ts'

const sourceSchema = z.strictObject({
  /** Data set, from the folder of --root. */
  data: z.string().min(1),
  /** As --tiles. */
  tiles: z.string().min(1).optional(),
  /** Share of the crops, relative to the other sources. */
  share: z.number().positive(),
  /** µm per pixel of pictures that do not say. */
  mpp: z.number().positive().optional(),
  /** The data's names and the recipe's classes that they mean; "-" for none. Equal names need no entry. */
  classes: z.record(z.string(), z.string()).optional(),
})
const recipeSchema = z.strictObject({
  /** The classes of the new model, in order. */
  classes: z.array(z.string().min(1)).min(1),
  sources: z.array(sourceSchema).min(1),
})
type Recipe = z.infer<typeof recipeSchema>
type Source = Recipe['sources'][number]

/** A data set as a source of a training. Its classes are named as the model's. */
export interface TrainingSource {
  readonly set: DataSet
  /** Names of the model's classes that it tells apart. */
  readonly known: readonly string[]
  /** Share of the crops, relative to the other sources; see TrainingSet. */
  readonly share?: number
  /** What the recipe says of it, for the model's card. */
  readonly stated: Readonly<Record<string, unknown>>
}

/**
 * Opens the sources of a recipe for a classifier: one scheme of classes for several data sets. Throws FailureError
 * 'unreadable' (not a recipe), 'invalid-input' (a class that means none of the recipe's, or is taught by no source), and
 * the errors of opening a data set.
 */
export async function openRecipe(
  file: string,
  root: string,
): Promise<{ classes: string[]; sources: TrainingSource[] }> {
  const recipe = await readRecipe(file, recipeSchema)
  const sources: TrainingSource[] = []
  for (const source of recipe.sources) sources.push(await openSource(source, recipe.classes, file, root))
  const untaught = recipe.classes.filter((name) =>
    sources.every(({ set }) => indexOfClass(usedClasses(set, set.images), name) < 0),
  )
  if (untaught.length > 0)
    throw new FailureError('invalid-input', message('recipeUntaught', { file, classes: untaught }))
  return { classes: recipe.classes, sources }
}

/**
 * Reads a recipe. Throws FailureError 'unreadable' for a file that is no JSON or does not fit the schema, or the system's
 * refusal.
 */
export async function readRecipe<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const failure = systemFailure(error, { do: 'readFile', path: file })
    throw failure ? FailureError.of(failure) : error
  })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new FailureError('unreadable', message('fileNotJson', { file }))
  }
  const result = schema.safeParse(parsed)
  if (result.success) return result.data
  throw new FailureError('unreadable', message('recipeWrong', { file, issue: issueMessage(result.error.issues[0]) }))
}

async function openSource(source: Source, classes: string[], file: string, root: string): Promise<TrainingSource> {
  const { data, tiles, share, mpp } = source
  const [set] = (await openData([resolve(root, data)], { tiles, mpp })).chosen
  if (set.images.length === 0) throw new FailureError('empty', message('tilesLeaveNone'))
  needClasses(set)
  needScale(set)
  const meanings = Object.entries(source.classes ?? {}).map(([theirs, ours]) => [theirs, ours === '-' ? '' : ours])
  const map = new Map(meanings as [string, string][])
  const unknown = [...map.values()].filter((ours) => ours !== '' && indexOfClass(classes, ours) < 0)
  if (unknown.length > 0)
    throw new FailureError('invalid-input', message('recipeUnknown', { file, data, unknown, classes }))
  const unmapped = set.classes.filter((name) => !map.has(name) && indexOfClass(classes, name) < 0)
  if (unmapped.length > 0)
    throw new FailureError('invalid-input', message('recipeUnmapped', { file, data, unmapped, classes }))
  const absent = [...map.keys()].filter((name) => !set.classes.includes(name))
  if (absent.length > 0) process.stderr.write(`${inEnglish(message('recipeAbsent', { data, absent }))}\n`)
  const present = new Map([...map].filter(([name]) => set.classes.includes(name)))
  // Whoever marked the nuclei could also have marked a class of which these pictures happen to have none.
  const meant = [...map.values(), ...set.classes.filter((name) => !map.has(name))]
  return {
    set: renameClasses([set], present)[0],
    known: classes.filter((name) => indexOfClass(meant, name) >= 0),
    share,
    stated: source,
  }
}
