import { configMessage } from './networkMessages.ts'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { FailureError, systemFailure, message, issueMessage } from '../../contract/index.ts'
import {
  configProblem,
  featureWidth,
  presets,
  type NucleusVitConfig,
  type PresetName,
} from '../../../models/nucleusVit/config.ts'
import { stems, type StemName } from '../../../models/stem/efficientNet.ts'
import { viewCounts } from '../../../models/tiling/views.ts'
import { readNamed } from './readNamed.ts'
import { parseSafetensors, safetensorsBytes, safetensorsPieces, type StoredTensor } from './safetensors.ts'

const architectureSchema = z.object({
  width: z.number(),
  layers: z.number(),
  heads: z.number(),
  imageSize: z.number(),
  patchSize: z.number(),
  positions: z.enum(['published', 'paper', 'geometric']),
  roiFeatures: z.enum(['after-positions', 'before-positions']),
  nucleiOnPatches: z.boolean().optional(),
  nearness: z.boolean().optional(),
  stem: z.enum(Object.keys(stems) as [StemName]).optional(),
})
const calibrationSchema = z.object({
  /** How probabilities come from the logits: models/train/scaling.ts. */
  temperature: z.number().positive(),
  bias: z.array(z.number()).readonly(),
  smoothing: z.number().min(0).lt(1),
  /** A nucleus whose likeliest class has a lower probability than this counts as uncertain. */
  uncertainBelow: z.number().min(0).max(1),
  /** What it was fitted on. */
  nuclei: z.number().int(),
  images: z.number().int(),
  /** Of left-out images, each calibrated by the others. */
  expectedCalibrationError: z.object({ before: z.number(), after: z.number() }),
  /** Id of the ancestor that it was fitted for, if that is not this model. */
  inheritedFrom: z.string().optional(),
})
export type ModelCalibration = z.infer<typeof calibrationSchema>

/**
 * `model.json`. A model's folder also holds `weights.safetensors` (with the published parameter names) and `README.md`
 * (the card). If it can be fine-tuned without forgetting, it holds `replay.safetensors`: tokens of its training nuclei.
 */
const modelJsonSchema = z.object({
  format: z.literal('karyon-model'),
  version: z.literal(1),
  id: z.string().min(1),
  title: z.string().min(1),
  architecture: architectureSchema,
  classes: z.array(z.string().min(1)),
  /** µm/px of the crops that it was trained on. */
  mpp: z.number().positive(),
  /** Number of views of each crop, turned and mirrored, whose tokens are averaged. Absent: 1. */
  views: z.literal(viewCounts).optional(),
  /** Ids of its ancestors, from the first to the parent. */
  lineage: z.array(z.string()),
  created: z.string(),
  licence: z.string(),
  /** What it was trained on and how, for the record. */
  training: z.record(z.string(), z.unknown()),
  /** Held-out score in words, or empty. */
  metric: z.string(),
  /** SHA-256 of weights.safetensors. */
  weightsHash: z.string(),
  /** Absent: probabilities are the softmax of the logits, and no nucleus counts as uncertain. */
  calibration: calibrationSchema.optional(),
  /**
   * Mean optical densities of haematoxylin, eosin and the residual of each tile that it or its ancestors were trained on
   * (models/tissue/stainDistance.ts). Absent: nobody has measured them.
   */
  stains: z.object({ tiles: z.array(z.tuple([z.number(), z.number(), z.number()])) }).optional(),
})
export type ModelJson = z.infer<typeof modelJsonSchema>
export type ModelDescription = Omit<ModelJson, 'format' | 'version' | 'weightsHash' | 'id'> & {
  architecture: NucleusVitConfig
}

export interface ModelFolder {
  readonly path: string
  readonly json: ModelJson
  /** Markdown card, or empty. */
  readonly card: string
}

export interface Replay {
  /** [n, F]: the head's input; F = featureWidth. */
  readonly tokens: Float32Array
  /** [n]: indices into the model's classes. */
  readonly labels: Int32Array
  /** [n, classes]: 1 for the classes that the nucleus's data set does not tell apart; absent if it tells all. */
  readonly unknown?: Int32Array
}

/**
 * Returns a model's calibration for a network fine-tuned from it on a few labels, by class name. A new class has no
 * bias. undefined: the model has none.
 */
export function inheritedCalibration(
  { id, classes: from, calibration }: ModelJson,
  classes: readonly string[],
): ModelCalibration | undefined {
  if (!calibration) return undefined
  const bias = classes.map((name) => calibration.bias[from.indexOf(name)] ?? 0)
  return { ...calibration, bias, inheritedFrom: calibration.inheritedFrom ?? id }
}

/** Reads the description of a model folder, without its weights. */
export async function readModelFolder(path: string): Promise<ModelFolder> {
  const file = join(path, 'model.json')
  const bytes = await readNamed(file)
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new FailureError('unreadable', message('fileNotJson', { file }))
  }
  const result = modelJsonSchema.safeParse(parsed)
  if (!result.success) {
    const issue = result.error.issues[0]
    throw new FailureError('unreadable', message('descriptionWrong', { file, issue: issueMessage(issue) }))
  }
  const problem = configProblem(result.data.architecture)
  if (problem)
    throw new FailureError('unreadable', message('configWrong', { where: file, problem: configMessage(problem) }))
  const { calibration, classes } = result.data
  if (calibration && calibration.bias.length !== classes.length)
    throw new FailureError('unreadable', message('calibrationWrong', { file, classes, given: calibration.bias.length }))
  const card = await readFile(join(path, 'README.md'), 'utf8').catch(() => '')
  return { path, json: result.data, card }
}

/** Reads the weights. Throws FailureError if they are not the ones that model.json was written for. */
export async function readModelWeights(model: ModelFolder): Promise<Map<string, StoredTensor>> {
  const file = join(model.path, 'weights.safetensors')
  const bytes = await readNamed(file)
  const hash = sha256(bytes)
  if (hash !== model.json.weightsHash)
    throw new FailureError(
      'unreadable',
      message('hashDiffers', { path: model.path, found: hash, named: model.json.weightsHash }),
    )
  return parseSafetensors(bytes, file)
}

/** Reads the tokens of the model's own training nuclei, if the folder has them. */
export async function readReplay(model: ModelFolder): Promise<Replay | undefined> {
  const file = join(model.path, 'replay.safetensors')
  const bytes = await readFile(file).catch(() => undefined)
  if (!bytes) return undefined
  const tensors = parseSafetensors(bytes, file)
  const tokens = tensors.get('tokens')
  const labels = tensors.get('labels')
  const width = featureWidth(model.json.architecture)
  if (
    !(tokens?.data instanceof Float32Array) ||
    !(labels?.data instanceof Int32Array) ||
    tokens.data.length !== labels.data.length * width
  )
    throw new FailureError('unreadable', message('replayShape', { file, width }))
  const unknown = tensors.get('unknown')
  if (unknown && unknown.data.length !== labels.data.length * model.json.classes.length)
    throw new FailureError('unreadable', message('replayShape', { file, width }))
  return { tokens: tokens.data, labels: labels.data, ...(unknown && { unknown: Int32Array.from(unknown.data) }) }
}

export interface NewModel {
  readonly description: ModelDescription
  readonly weights: Iterable<readonly [string, { shape: readonly number[]; data: Float32Array | Float16Array }]>
  readonly replay?: Replay
  readonly card: string
}

/**
 * Writes a model folder under a temporary name and renames it when it is complete, so that no half model is ever found.
 * Its name is the model's id. Throws FailureError 'invalid-input' if the folder exists.
 */
export async function writeModelFolder(
  path: string,
  { description, weights, replay, card }: NewModel,
): Promise<ModelFolder> {
  const pieces = safetensorsPieces(weights)
  const json: ModelJson = {
    format: 'karyon-model',
    version: 1,
    ...description,
    id: basename(path),
    weightsHash: sha256(...pieces),
  }
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.partial`)
  try {
    await mkdir(dirname(path), { recursive: true })
    await rm(temporary, { recursive: true, force: true })
    await mkdir(temporary)
    await writeFile(join(temporary, 'weights.safetensors'), pieces)
    if (replay)
      await writeFile(
        join(temporary, 'replay.safetensors'),
        safetensorsBytes([
          [
            'tokens',
            {
              shape: [replay.labels.length, featureWidth(description.architecture)],
              data: Float16Array.from(replay.tokens),
            },
          ],
          ['labels', { shape: [replay.labels.length], data: replay.labels }],
          ...(replay.unknown
            ? [
                [
                  'unknown',
                  { shape: [replay.labels.length, description.classes.length], data: replay.unknown },
                ] as const,
              ]
            : []),
        ]),
      )
    await writeFile(join(temporary, 'README.md'), card)
    await writeFile(join(temporary, 'model.json'), JSON.stringify(json, null, 2) + '\n')
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined)
    const exists = error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')
    if (exists) throw new FailureError('invalid-input', message('folderTaken', { path }))
    const failure = systemFailure(error, { do: 'writeFile', path })
    if (failure) throw FailureError.of(failure)
    throw error
  }
  return { path, json, card }
}

function sha256(...pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

/** Returns the architecture of a preset. Throws FailureError 'invalid-input' if there is no preset of that name. */
export function presetConfig(name: string): NucleusVitConfig {
  if (Object.hasOwn(presets, name)) return presets[name as PresetName]
  throw new FailureError('invalid-input', message('presetChoice', { known: Object.keys(presets), given: name }))
}

/** Returns the name of the preset with the shape of an architecture, for people. */
export function presetName(architecture: NucleusVitConfig): string {
  const presetWithSame = (...keys: (keyof NucleusVitConfig)[]) =>
    Object.entries<NucleusVitConfig>(presets).find(([, preset]) =>
      keys.every((key) => preset[key] === architecture[key]),
    )?.[0]
  const size = ['width', 'layers', 'patchSize'] as const
  return (
    presetWithSame(...size, 'imageSize', 'positions', 'roiFeatures', 'nucleiOnPatches', 'nearness', 'stem') ??
    presetWithSame(...size, 'stem') ??
    'custom'
  )
}
