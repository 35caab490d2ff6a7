import sharp from 'sharp'
import type { DataSet } from '../formats/cocoFolder.ts'
import { classificationScore, type ClassificationScore } from '../../models/metrics/classification.ts'
import { logisticRegression } from '../../models/metrics/logisticRegression.ts'
import { nucleusFeatures } from '../../models/metrics/nucleusFeatures.ts'

/** Logistic regression on colour, size and shape, trained on one set and scored on another; classes by name. */
export async function baselineScore(
  train: DataSet,
  test: DataSet,
  classes: readonly string[],
): Promise<ClassificationScore> {
  const [known, asked] = [await features(train, classes), await features(test, classes)]
  const model = logisticRegression(known.rows, known.labels, { classes: classes.length })
  return classificationScore(asked.labels, model.predict(asked.rows), classes)
}

async function features(set: DataSet, classes: readonly string[]): Promise<{ rows: Float64Array; labels: number[] }> {
  const rows: number[] = []
  const labels: number[] = []
  for (const image of set.images) {
    const rgb = await sharp(image.path).removeAlpha().toColourspace('srgb').raw().toBuffer()
    const map = await instanceMap(image.labelMap)
    for (let i = 0; i < image.classIndex.length; i++) {
      const box = image.boxes.subarray(4 * i, 4 * i + 4)
      // Without an instance map the box itself is the nucleus.
      const inside =
        map && image.instance[i] > 0
          ? (x: number, y: number) => map[y * image.width + x] === image.instance[i]
          : (x: number, y: number) => x >= box[0] && x < box[2] && y >= box[1] && y < box[3]
      rows.push(...nucleusFeatures(rgb, image.width, inside, box))
      labels.push(classes.indexOf(set.classes[image.classIndex[i]]))
    }
  }
  return { rows: Float64Array.from(rows), labels }
}

async function instanceMap(path: string | undefined): Promise<Uint16Array | undefined> {
  if (!path) return undefined
  const pixels = await sharp(path)
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer()
    .catch(() => undefined)
  return pixels && new Uint16Array(pixels.buffer, pixels.byteOffset, pixels.byteLength / 2)
}
