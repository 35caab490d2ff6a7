import { message } from '../../contract/index.ts'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileHead } from '../files/fileBytes.ts'
import { instanceBatches, isInstanceJson, type InstanceRecord } from '../annotations/json/instanceJson.ts'
import { Skips } from '../annotations/skips.ts'
import type { DataSetReader, Place } from './dataImage.ts'
import { describePicture, isPicture, look, onEach, paired, pixelsOf } from './place.ts'

const isJson = (file: string) => /\.json$/i.test(file) && !/^type_info\.json$/i.test(file)
const annotationFolder = (place: Place) => place.folders.find((f) => /^(json|labels?|annotations?)$/i.test(f))
const pictureFolder = (place: Place) => place.folders.find((f) => /^(images?|imgs?)$/i.test(f))

/** HoVer-Net's number for nuclei without a type, which its type_info.json calls "nolabe". */
const noType = '0'

/** Finds the pictures and the annotations: in images/ and json/, or both in the folder itself. */
async function findPlaces(place: Place): Promise<{ pictures: Place; annotations: Place } | undefined> {
  const [pictures, annotations] = [pictureFolder(place), annotationFolder(place)]
  if (pictures && annotations)
    return {
      pictures: await look(join(place.path, pictures)),
      annotations: await look(join(place.path, annotations)),
    }
  return place.files.some(isPicture) ? { pictures: place, annotations: place } : undefined
}

/** Reads pictures with HoVer-Net's JSON of the same names. If there is a type_info.json, it names the types. */
export const hoverNetFolder: DataSetReader = {
  name: 'HoVer-Net JSON',
  form: message('formHoverNet'),
  async detect(place) {
    const found = await findPlaces(place)
    const first = found?.annotations.files.find(isJson)
    return (
      found !== undefined && first !== undefined && isInstanceJson(await fileHead(join(found.annotations.path, first)))
    )
  },
  async open(place, { onProgress }) {
    const { pictures, annotations } = (await findPlaces(place))!
    const names = await typeNames([place.path, annotations.path])
    const skips = new Skips()
    const pairs = paired(pictures, annotations, isJson, message('whatAnnotations'))
    let done = 0
    const images = await onEach(pairs, async ({ name, picture, annotation }) => {
      const size = await describePicture(picture)
      const records = await nucleiOf(annotation, size, skips)
      onProgress?.(++done, pairs.length, `annotations of ${basename(place.path)}`)
      return { name, path: picture, size, records }
    })
    // Classes are in the order of their numbers and do not depend on which image is read first.
    const types = new Set(images.flatMap(({ records }) => records.map((r) => r.className ?? noType)))
    types.delete(noType)
    const inOrder = [...types].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    const classes = [...new Set(inOrder.map((type) => names.get(type) ?? type))]
    const classOf = (type = noType) => (type === noType ? -1 : classes.indexOf(names.get(type) ?? type))
    const untyped = images.reduce((n, { records }) => n + records.filter((r) => r.className === noType).length, 0)
    return {
      path: place.path,
      format: 'HoVer-Net JSON',
      classes,
      images: images.map(({ name, path, size, records }) => ({
        name,
        path,
        ...size,
        boxes: Float32Array.from(records.flatMap(({ box }) => [...box!])),
        ...(classes.length ? { classIndex: Int16Array.from(records, (r) => classOf(r.className)) } : {}),
        outlines: () =>
          records.every((r) => r.ring) ? Promise.resolve(records.map((r) => Float64Array.from(r.ring!))) : undefined,
        pixels: () => pixelsOf(path),
      })),
      skipped: skips.list(),
      notes: untyped > 0 && classes.length > 0 ? [message('untyped', { nuclei: untyped })] : [],
    }
  },
}

async function nucleiOf(
  path: string,
  { width, height }: { width: number; height: number },
  skips: Skips,
): Promise<InstanceRecord[]> {
  const kept: InstanceRecord[] = []
  const names = new Map<string, string>()
  for await (const batch of instanceBatches(path)) {
    for (const [from, to] of batch.names) names.set(from, to)
    for (const record of batch.nuclei) {
      if (!record?.box) skips.add('noBox')
      else if (!(record.box[2] > record.box[0] && record.box[3] > record.box[1])) skips.add('boxNoArea')
      else if (record.box[0] >= width || record.box[1] >= height || record.box[2] <= 0 || record.box[3] <= 0)
        skips.add('boxOutside')
      else kept.push(record)
    }
  }
  // CellViT names its types, perhaps after the nuclei.
  const named = (type: string | undefined) => (type === undefined ? undefined : (names.get(type) ?? type))
  return names.size === 0 ? kept : kept.map((record) => ({ ...record, className: named(record.className) }))
}

/** Reads names by type number from the first type_info.json: {"1": ["neoplastic", [r, g, b]], …}. */
async function typeNames(folders: readonly string[]): Promise<Map<string, string>> {
  for (const folder of folders) {
    const text = await readFile(join(folder, 'type_info.json'), 'utf8').catch(() => undefined)
    if (text === undefined) continue
    try {
      const entries = Object.entries(JSON.parse(text) as Record<string, unknown>)
      return new Map(entries.map(([type, info]) => [type, String(Array.isArray(info) ? info[0] : info)]))
    } catch {
      return new Map() // classes are then named by their numbers
    }
  }
  return new Map()
}
