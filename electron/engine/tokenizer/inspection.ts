import { mkdir } from 'node:fs/promises'
import { concatenated, FailureError, systemFailure, type ShowTokenizerResult } from '../../contract/index.ts'
import { tokenClassAccuracy, type TokenisedNuclei } from '../../../models/metrics/tokenClasses.ts'

/** What the inspection of every kind of tokenizer shares. */

export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    const failure = systemFailure(error, { do: 'makeFolder', path })
    if (failure) throw FailureError.of(failure)
    throw error
  }
}

/**
 * How well tokens tell the class of nuclei whose class is known (label ≥ 0); null if these are of fewer than two images.
 */
export function classesTold(
  { tokens, tokensEach, labels, image }: TokenisedNuclei,
  vocabulary: number,
): ShowTokenizerResult['classes'] {
  const known = Array.from(labels, (_, i) => i).filter((i) => labels[i] >= 0)
  if (new Set(known.map((i) => image[i])).size < 2) return null
  const told = {
    tokens: concatenated(
      Int32Array,
      known.map((i) => tokens.subarray(i * tokensEach, (i + 1) * tokensEach)),
    ),
    tokensEach,
    labels: known.map((i) => labels[i]),
    image: known.map((i) => image[i]),
  }
  const classes = Math.max(...told.labels) + 1
  const counts = new Array<number>(classes).fill(0)
  for (const label of told.labels) counts[label]++
  return {
    nuclei: known.length,
    accuracy: tokenClassAccuracy(told, vocabulary, classes),
    commonest: Math.max(...counts) / known.length,
  }
}
