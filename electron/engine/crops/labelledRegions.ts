import { FailureError, message, type NucleiSource } from '../../contract/index.ts'
import { levelZeroBoxes } from '../encode/cropReader.ts'
import { sizeOfSource, type TrainingRegion } from './trainingRegions.ts'

/** The labels of a source. */
export interface LabelledSource {
  /** Positions of the labelled nuclei. `label` has the class of each. */
  readonly index: Uint32Array
  readonly label: Uint16Array
}

/** A region with the class of each of its nuclei, −1 = no human label. */
export interface LabelledRegion extends TrainingRegion {
  readonly labels: Int16Array
  /** Positions, among its nuclei, of the labelled ones that this region owns. Crops are drawn around them. */
  readonly owned: Uint32Array
  /** Level-0 area of the region without its overlap with other regions. */
  readonly area: number
}

/**
 * Returns the labelled regions of the sources. A source no larger than a few crops is one region. A larger source is
 * split into blocks, and only blocks with labels become regions.
 * @param cropSize side of the network's input, pixels at the model's scale
 */
export async function planLabelledRegions(
  sources: readonly (NucleiSource & LabelledSource)[],
  modelMpp: number,
  cropSize: number,
): Promise<LabelledRegion[]> {
  const regions: LabelledRegion[] = []
  for (const [s, source] of sources.entries()) {
    if (source.index.length === 0) continue
    const { width, height } = await sizeOfSource(source)
    const boxes = levelZeroBoxes(source.nuclei)
    const labels = new Int16Array(source.nuclei.count).fill(-1)
    source.index.forEach((nucleus, k) => (labels[nucleus] = source.label[k]))
    for (const { area, owned, ...block } of blocks(
      width,
      height,
      (cropSize * modelMpp) / source.mpp,
      source.index,
      boxes,
    )) {
      const members = nucleiIn(block, boxes)
      const isOwned = new Set(owned)
      regions.push({
        source: s,
        ...block,
        area,
        members,
        labels: Int16Array.from(members, (i) => labels[i]),
        owned: Uint32Array.from(members.keys()).filter((k) => isOwned.has(members[k])),
      })
    }
  }
  if (regions.length === 0) throw new FailureError('empty', message('needsLabels'))
  return regions
}

/** A block with the labelled nuclei that it owns. */
interface Block extends Pick<TrainingRegion, 'x' | 'y' | 'width' | 'height'> {
  readonly area: number
  readonly owned: Iterable<number>
}

/** Returns the whole area, or the cells of a grid that hold labels, each with a margin of half a crop for context. */
function blocks(width: number, height: number, crop: number, labelled: Uint32Array, boxes: Float64Array): Block[] {
  if (width <= 4 * crop && height <= 4 * crop)
    return [{ x: 0, y: 0, width, height, area: width * height, owned: labelled }]
  const columns = Math.ceil(width / crop)
  const rows = Math.ceil(height / crop)
  const cells = new Map<number, number[]>()
  const cellOf = (middle: number, count: number) => Math.min(Math.max(Math.floor(middle / crop), 0), count - 1)
  for (const i of labelled) {
    const column = cellOf((boxes[4 * i] + boxes[4 * i + 2]) / 2, columns)
    const cell = cellOf((boxes[4 * i + 1] + boxes[4 * i + 3]) / 2, rows) * columns + column
    const owned = cells.get(cell)
    if (owned) owned.push(i)
    else cells.set(cell, [i])
  }
  return [...cells].map(([cell, owned]) => {
    const x = Math.max(0, ((cell % columns) - 0.5) * crop)
    const y = Math.max(0, (Math.floor(cell / columns) - 0.5) * crop)
    return {
      x,
      y,
      width: Math.min(2 * crop, width - x),
      height: Math.min(2 * crop, height - y),
      area: crop ** 2,
      owned,
    }
  })
}

function nucleiIn({ x, y, width, height }: Omit<Block, 'area' | 'owned'>, boxes: Float64Array): Uint32Array {
  const found: number[] = []
  for (let i = 0; i < boxes.length / 4; i++)
    if (boxes[4 * i] < x + width && boxes[4 * i + 2] > x && boxes[4 * i + 1] < y + height && boxes[4 * i + 3] > y)
      found.push(i)
  return Uint32Array.from(found)
}
