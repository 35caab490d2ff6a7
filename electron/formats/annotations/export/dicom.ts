import { randomUUID } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { ClassifiedNuclei } from '../../../contract/index.ts'
import {
  code,
  element,
  elementHead,
  fileMeta,
  itemEnd,
  itemStart,
  sequence,
  sequenceEnd,
  sequenceStart,
  shortText,
  u16,
  u32,
  uidOf,
} from './dicomWriter.ts'
import type { ExportedSlide, Exporter } from './exporter.ts'
import { exportOutline } from './outline.ts'

/** Microscopy Bulk Simple Annotations Storage (PS3.3 A.87). */
const annotationsClass = '1.2.840.10008.5.1.4.1.1.91.1'
const wholeSlideClass = '1.2.840.10008.5.1.4.1.1.77.1.6'

/** UIDs of the image that the annotations lie on. */
interface ReferencedImage {
  readonly sopClass: string
  readonly sopInstance: string
  readonly study: string
  readonly series: string
}

/**
 * Yields nuclei as DICOM Microscopy Bulk Simple Annotations: polygons in pixels of the slide's total pixel matrix, a group
 * for each class, all of the property "nucleus" (SNOMED CT 84640000). A slide that is DICOM is referred to by its UIDs;
 * for another, they are made from its name. No patient is named: the study's UID joins the files.
 */
async function* content(classified: ClassifiedNuclei, slide: ExportedSlide): AsyncGenerator<Uint8Array> {
  const image = (await imageOf(slide)) ?? {
    sopClass: wholeSlideClass,
    sopInstance: uidOf(`${slide.name} image`),
    study: uidOf(`${slide.name} study`),
    series: uidOf(`${slide.name} series`),
  }
  const sopInstance = `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`
  const now = new Date().toISOString()
  const [date, time] = [now.slice(0, 10).replaceAll('-', ''), now.slice(11, 19).replaceAll(':', '')]
  yield fileMeta(annotationsClass, sopInstance)
  yield Buffer.concat([
    element(0x00080005, 'CS', 'ISO_IR 192'),
    element(0x00080016, 'UI', annotationsClass),
    element(0x00080018, 'UI', sopInstance),
    element(0x00080020, 'DA', ''),
    element(0x00080023, 'DA', date),
    element(0x00080030, 'TM', ''),
    element(0x00080033, 'TM', time),
    element(0x00080050, 'SH', ''),
    element(0x00080060, 'CS', 'ANN'),
    element(0x00080070, 'LO', 'Karyon'),
    element(0x00080090, 'PN', ''),
    element(0x00081090, 'LO', 'Karyon'),
    sequence(0x00081115, [
      sequence(0x0008114a, [element(0x00081150, 'UI', image.sopClass), element(0x00081155, 'UI', image.sopInstance)]),
      element(0x0020000e, 'UI', image.series),
    ]),
    sequence(0x00081140, [element(0x00081150, 'UI', image.sopClass), element(0x00081155, 'UI', image.sopInstance)]),
    element(0x00100010, 'PN', ''),
    element(0x00100020, 'LO', ''),
    element(0x00100030, 'DA', ''),
    element(0x00100040, 'CS', ''),
    element(0x00181000, 'LO', 'none'),
    element(0x00181020, 'LO', 'for research use only'),
    element(0x0020000d, 'UI', image.study),
    element(0x0020000e, 'UI', uidOf(`${sopInstance} series`)),
    element(0x00200010, 'SH', ''),
    element(0x00200011, 'IS', '1'),
    element(0x00200013, 'IS', '1'),
    element(0x00480301, 'CS', 'VOLUME'),
    element(0x006a0001, 'CS', '2D'),
    sequenceStart(0x006a0002),
  ])
  let number = 0
  for (let c = 0; c <= classified.classes.length; c++) {
    const isNone = c === classified.classes.length
    const index = [...classified.classIndex.keys()].filter((i) =>
      isNone ? classified.classIndex[i] < 0 : classified.classIndex[i] === c,
    )
    const label = isNone ? 'without a class' : classified.classes[c].name
    yield* group(classified, index, label, () => ++number)
  }
  yield Buffer.concat([
    sequenceEnd,
    element(0x00700080, 'CS', 'NUCLEI'),
    element(0x00700081, 'LO', 'Nuclei with their classes'),
    element(0x00700084, 'PN', 'Karyon'),
  ])
}

/** What found the nuclei, or classified them (PS3.16 CID 7162). */
const algorithm = sequence(0x006a0008, [
  sequence(0x0066002f, code('123110', 'DCM', 'Artificial Intelligence')),
  element(0x00660031, 'LO', '1'),
  element(0x00660036, 'LO', 'Karyon'),
])

/** Yields the annotations of one class, if there are any. The outlines are made twice: their lengths come first. */
function* group(
  classified: ClassifiedNuclei,
  index: readonly number[],
  label: string,
  next: () => number,
): Generator<Uint8Array> {
  const { nuclei, labelled } = classified
  let points = 0
  const starts: number[] = []
  for (const i of index) {
    const ring = exportOutline(nuclei, i)
    if (!ring) continue
    // Positions count the numbers, from 1.
    starts.push(2 * points + 1)
    points += ring.length / 2
  }
  if (starts.length === 0) return
  const isManual = labelled !== undefined && index.every((i) => labelled[i] === 1)
  const list = Buffer.alloc(4 * starts.length)
  starts.forEach((start, k) => list.writeUInt32LE(start, 4 * k))
  const number = next()
  yield Buffer.concat([
    itemStart,
    u16(0x0040a180, number),
    element(0x00660040, 'OL', list),
    elementHead(0x00660022, 'OD', 16 * points),
  ])
  for (const i of index) {
    const ring = exportOutline(nuclei, i)
    if (!ring) continue
    yield new Uint8Array(Float64Array.from(ring).buffer)
  }
  yield Buffer.concat([
    element(0x006a0003, 'UI', uidOf(`${randomUUID()} group`)),
    element(0x006a0005, 'LO', shortText(label, 64)),
    element(0x006a0007, 'CS', isManual ? 'MANUAL' : 'SEMIAUTOMATIC'),
    ...(isManual ? [] : [algorithm]),
    sequence(0x006a0009, code('91723000', 'SCT', 'Anatomical structure')),
    sequence(0x006a000a, code('84640000', 'SCT', 'Nucleus')),
    u32(0x006a000c, starts.length),
    element(0x006a000d, 'CS', 'YES'),
    element(0x00700023, 'CS', 'POLYGON'),
    itemEnd,
  ])
}

/** So much of a file holds the attributes before the pixels that are looked for. */
const headBytes = 65_536

/** Reads the UIDs of a slide that is DICOM in explicit VR, else undefined. */
async function imageOf({ path }: ExportedSlide): Promise<ReferencedImage | undefined> {
  const file = path === undefined ? undefined : await open(path).catch(() => undefined)
  if (!file) return undefined
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    const bytes = buffer.subarray(0, bytesRead)
    if (bytes.toString('latin1', 128, 132) !== 'DICM') return undefined
    const values = new Map<number, string>()
    for (let at = 132; at + 12 < bytes.length;) {
      const tag = bytes.readUInt16LE(at) * 65536 + bytes.readUInt16LE(at + 2)
      const vr = bytes.toString('latin1', at + 4, at + 6)
      if (!/^[A-Z]{2}$/.test(vr)) break
      const isLong = elementHead(0, vr, 0).length === 12
      const length = isLong ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6)
      const from = at + (isLong ? 12 : 8)
      if (length === 0xffffffff || from + length > bytes.length || tag > 0x0020ffff) break
      if (vr === 'UI') values.set(tag, bytes.toString('latin1', from, from + length).replace(/\0+$/, ''))
      at = from + length
    }
    const [sopClass, sopInstance] = [values.get(0x00080016), values.get(0x00080018)]
    const [study, series] = [values.get(0x0020000d), values.get(0x0020000e)]
    return sopClass && sopInstance && study && series ? { sopClass, sopInstance, study, series } : undefined
  } finally {
    await file.close()
  }
}

export const dicomExport: Exporter = {
  format: 'dicom',
  extension: 'dcm',
  name: { en: 'DICOM bulk annotations', de: 'DICOM-Annotationen (Bulk Simple)' },
  mediaType: 'application/dicom',
  content,
}
