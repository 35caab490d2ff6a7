import {
  FailureError,
  unwrap,
  type ClassifyParams,
  type ClassifyResult,
  type DetectParams,
  type Nuclei,
  type SlideInfo,
  inEnglish,
  message,
} from '../contract/index.ts'
import { readAnnotations } from '../formats/index.ts'
import { findDetector } from '../launch/detectors.ts'
import type { Engine } from '../launch/engineClient.ts'
import { progress, sayLeftOut, sayNotes } from './verb.ts'
import { nucleiFromOutlines, outlineOf } from '../../models/nuclei/nuclei.ts'

/** Joins several sets of nuclei into one. */
export function joinNuclei(pieces: readonly Nuclei[]): Nuclei {
  return nucleiFromOutlines(
    pieces.flatMap((piece) => Array.from({ length: piece.count }, (_, i) => outlineOf(piece, i))),
    'detected',
  )
}

/** Detects the nuclei of a slide, or of a region of it. */
export async function detectNuclei(
  engine: Engine,
  slide: string,
  mpp: number,
  options: Partial<Pick<DetectParams, 'region' | 'detector' | 'threshold'>> = {},
): Promise<Nuclei> {
  const pieces: Nuclei[] = []
  await engine.call(
    'detect',
    { slide, mpp, ...options, detector: options.detector ?? (await findDetector()) },
    {
      onProgress: ({ done, of, nuclei }) => {
        pieces.push(nuclei)
        progress(`finding nuclei: ${done}/${of} regions`)
      },
    },
  )
  return joinNuclei(pieces)
}

/** Reads the nuclei from another tool's file. Reports on stderr what was left out. */
export async function importNuclei(path: string, info: SlideInfo): Promise<Nuclei> {
  const { classified, skipped, notes } = unwrap(await readAnnotations(path, info))
  sayLeftOut(path, skipped)
  sayNotes(notes)
  return classified.nuclei
}

/** Classifies all nuclei with a model. Returns probabilities [count, classes]. */
export async function classifyNuclei(
  engine: Engine,
  slide: string,
  mpp: number,
  nuclei: Nuclei,
  model: string,
  { precision = 'float32', isRaw, tokens }: Pick<ClassifyParams, 'precision' | 'isRaw' | 'tokens'> = {},
): Promise<ClassifyResult & { probabilities: Float32Array; classIndex: Int16Array }> {
  if (nuclei.count === 0) throw new FailureError('empty', message('noNucleiOn', { slide }))
  let width = 0
  const parts: { index: Uint32Array; probabilities: Float32Array }[] = []
  const result = await engine.call(
    'classify',
    { slide, mpp, nuclei, model, precision, isRaw, tokens },
    {
      onProgress: ({ done, of, index, probabilities }) => {
        parts.push({ index, probabilities })
        if (index.length) width = probabilities.length / index.length
        progress(`classifying: ${done}/${of} crops`)
      },
    },
  )
  if (result.note) process.stderr.write(`karyon: ${inEnglish(result.note)}\n`)
  const probabilities = new Float32Array(nuclei.count * width)
  const classIndex = new Int16Array(nuclei.count).fill(-1)
  for (const part of parts)
    part.index.forEach((nucleus, k) => {
      const row = part.probabilities.subarray(k * width, (k + 1) * width)
      probabilities.set(row, nucleus * width)
      classIndex[nucleus] = row.indexOf(Math.max(...row))
    })
  return { ...result, probabilities, classIndex }
}
