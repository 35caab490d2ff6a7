import { FailureError, message } from '../../contract/index.ts'
import type { DataImage, DataSet } from '../../formats/dataSets/index.ts'
import { classificationScore, type ClassificationScore } from '../../../models/metrics/classification.ts'
import { indexOfClass } from './classMap.ts'
import { logisticRegression } from '../../../models/metrics/logisticRegression.ts'
import { nucleusFeatures } from '../../../models/metrics/nucleusFeatures.ts'
import { polygonMask } from '../../../models/geometry/polygonMask.ts'

/**
 * Scores logistic regression on colour, size and shape, trained on one set and tested on another. Matches classes by
 * name.
 */
export async function baselineScore(
  train: DataSet,
  test: DataSet,
  classes: readonly string[],
): Promise<ClassificationScore> {
  const [known, asked] = [await features(train, classes), await features(test, classes)]
  if (known.labels.length === 0 || asked.labels.length === 0)
    throw new FailureError('empty', message('baselineNeedsLabels'))
  const model = logisticRegression(known.rows, known.labels, { classes: classes.length })
  return classificationScore(asked.labels, model.predict(asked.rows), classes)
}

async function features(set: DataSet, classes: readonly string[]): Promise<{ rows: Float64Array; labels: number[] }> {
  const rows: number[] = []
  const labels: number[] = []
  for (const image of set.images) {
    const labelled = [...(image.classIndex ?? []).entries()].filter(([, c]) => c >= 0)
    if (labelled.length === 0) continue
    const { data, width } = await image.pixels()
    const inside = await insideOf(image)
    for (const [i, c] of labelled) {
      rows.push(...nucleusFeatures(data, width, inside(i), image.boxes.subarray(4 * i, 4 * i + 4)))
      labels.push(indexOfClass(classes, set.classes[c]))
    }
  }
  return { rows: Float64Array.from(rows), labels }
}

/** Returns which pixels belong to nucleus i: those inside its outline or, without outlines, inside its box. */
async function insideOf(image: DataImage): Promise<(i: number) => (x: number, y: number) => boolean> {
  const outlines = await image.outlines()
  return (i) => {
    const [x0, y0, x1, y1] = image.boxes.subarray(4 * i, 4 * i + 4)
    const box = {
      x: Math.max(0, Math.floor(x0)),
      y: Math.max(0, Math.floor(y0)),
      width: Math.min(image.width, Math.ceil(x1)) - Math.max(0, Math.floor(x0)),
      height: Math.min(image.height, Math.ceil(y1)) - Math.max(0, Math.floor(y0)),
    }
    const mask = outlines && polygonMask(outlines[i], box)
    return (x, y) =>
      x >= box.x &&
      y >= box.y &&
      x < box.x + box.width &&
      y < box.y + box.height &&
      (!mask || mask[(y - box.y) * box.width + x - box.x] === 1)
  }
}
