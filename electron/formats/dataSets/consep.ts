import { join } from 'node:path'
import { FailureError, message } from '../../contract/index.ts'
import type { DataSetReader, Place } from './dataImage.ts'
import { instancesOf, outlinesOf, type InstanceMap, type Instances } from './instanceMap.ts'
import { checkSameSize } from './masks.ts'
import { readMat, type MatArray } from './matFile.ts'
import { describePicture, look, onEach, paired, pixelsOf } from './place.ts'

/** µm/px of the pictures: 1000 × 1000 px at 40× (Graham et al. 2019, "HoVer-Net"). The files do not contain it. */
const consepMpp = 0.25
/** The seven types in the files, numbered from 1, and the four classes that they are scored as (Graham et al. 2019). */
const types = [
  ['other', 'miscellaneous'],
  ['inflammatory', 'inflammatory'],
  ['healthy epithelial', 'epithelial'],
  ['dysplastic/malignant epithelial', 'epithelial'],
  ['fibroblast', 'spindle-shaped'],
  ['muscle', 'spindle-shaped'],
  ['endothelial', 'spindle-shaped'],
] as const
const classes = [...new Set(types.map(([, merged]) => merged))]

const isMat = (file: string) => /\.mat$/i.test(file)
const folder = (place: Place, name: RegExp) => place.folders.find((f) => name.test(f))

/** Reads CoNSeP as distributed: Images/*.png and Labels/*.mat with inst_map, type_map and inst_type. */
export const consep: DataSetReader = {
  name: 'CoNSeP',
  form: message('formConsep'),
  async detect(place) {
    const labels = folder(place, /^labels$/i)
    if (!labels || !folder(place, /^images$/i)) return false
    return (await look(join(place.path, labels))).files.some(isMat)
  },
  async open(place, { onProgress }) {
    const pairs = paired(
      await look(join(place.path, folder(place, /^images$/i)!)),
      await look(join(place.path, folder(place, /^labels$/i)!)),
      isMat,
      message('whatLabels'),
    )
    let done = 0
    const images = await onEach(pairs, async ({ name, picture, annotation }) => {
      const size = await describePicture(picture)
      const { map, instances, classIndex } = await readLabels(annotation)
      checkSameSize(size, map, picture)
      onProgress?.(++done, pairs.length, 'labels of CoNSeP')
      return {
        name,
        path: picture,
        ...size,
        mpp: consepMpp,
        boxes: instances.boxes,
        classIndex,
        outlines: async () => {
          const { map, instances } = await readLabels(annotation)
          return outlinesOf(map, instances)
        },
        pixels: () => pixelsOf(picture),
      }
    })
    return {
      path: place.path,
      format: 'CoNSeP',
      classes,
      images,
      skipped: [],
      notes: [
        message('consepMerged', { pairs: types.map(([type, merged]) => `${type} → ${merged}`) }),
        message('scaleBySet', { mpp: consepMpp, set: 'CoNSeP' }),
      ],
    }
  },
}

async function readLabels(path: string): Promise<{ map: InstanceMap; instances: Instances; classIndex: Int16Array }> {
  const arrays = await readMat(path)
  const needed = (name: string) => {
    const array = arrays.get(name)
    if (array?.dims.length === 2) return array
    throw new FailureError('unreadable', message('consepNoMatrix', { path, name, found: [...arrays.keys()] }))
  }
  const map = rowByRow(needed('inst_map'))
  const instances = instancesOf(map)
  const typeMap = arrays.get('type_map')
  const typeOf = typeMap ? typesInMap(map, instances, rowByRow(typeMap)) : [...needed('inst_type').data]
  if (typeOf.length !== instances.value.length)
    throw new FailureError(
      'invalid-input',
      message('consepTypeCount', { path, nuclei: instances.value.length, types: typeOf.length }),
    )
  const strange = typeOf.find((t) => !(Number.isInteger(t) && t >= 0 && t <= types.length))
  if (strange !== undefined)
    throw new FailureError('invalid-input', message('consepType', { path, most: types.length, type: strange }))
  const classIndex = Int16Array.from(typeOf, (t) => (t === 0 ? -1 : classes.indexOf(types[t - 1][1])))
  return { map, instances, classIndex }
}

/** Returns a matrix row by row. MATLAB stores it column by column. */
function rowByRow({ dims: [height, width], data }: MatArray): InstanceMap {
  const at = new Float64Array(data.length)
  for (let x = 0, from = 0; x < width; x++) for (let y = 0; y < height; y++) at[y * width + x] = data[from++]
  return { width, height, at }
}

/** Returns the most frequent type among each nucleus's pixels. */
function typesInMap(map: InstanceMap, { value }: Instances, typeMap: InstanceMap): number[] {
  const votes = new Map(Array.from(value, (v) => [v, new Map<number, number>()]))
  for (let p = 0; p < map.at.length; p++) {
    const own = map.at[p] === 0 ? undefined : votes.get(map.at[p])
    if (own) own.set(typeMap.at[p], (own.get(typeMap.at[p]) ?? 0) + 1)
  }
  return [...votes.values()].map((own) => [...own].reduce((a, b) => (b[1] > a[1] ? b : a))[0])
}
