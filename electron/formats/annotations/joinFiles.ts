import type { ClassifiedNuclei } from '../../contract/index.ts'
import { concatNuclei } from '../../../models/nuclei/join.ts'
import type { Dots } from './importer.ts'

type Read = { readonly classified: ClassifiedNuclei; readonly dots: Dots }

/** Joins the nuclei and dots of several files. Classes of the same name are one; the first file's colour counts. */
export function joinFiles(files: readonly Read[]): Read {
  if (files.length === 1) return files[0]
  const all = files.map(({ classified }) => classified)
  const classes = all
    .flatMap((one) => one.classes)
    .filter((c, i, list) => list.findIndex((o) => o.name === c.name) === i)
  const indexOf = new Map(classes.map(({ name }, i) => [name, i]))
  const own = ({ classes: names }: ClassifiedNuclei, index: Int16Array) =>
    Array.from(index, (c) => (c < 0 ? -1 : indexOf.get(names[c].name)!))
  const probabilityClasses = [...new Set(all.flatMap((one) => one.probabilityClasses ?? []))]
  const names = [...new Set(all.flatMap((one) => one.measurements?.names ?? []))]
  const count = all.reduce((n, { nuclei }) => n + nuclei.count, 0)
  const knowsLabels = files.some(({ classified, dots }) => classified.labelled ?? dots.labelled)
  return {
    classified: {
      nuclei: concatNuclei(all.map(({ nuclei }) => nuclei)),
      classes,
      classIndex: Int16Array.from(all.flatMap((one) => own(one, one.classIndex))),
      ...(probabilityClasses.length > 0 && {
        probabilities: joinRows(
          all.map((one) => ({
            count: one.nuclei.count,
            names: one.probabilityClasses ?? [],
            values: one.probabilities,
          })),
          probabilityClasses,
          new Float32Array(count * probabilityClasses.length),
        ),
        probabilityClasses,
      }),
      ...(names.length > 0 && {
        measurements: {
          names,
          values: joinRows(
            all.map(({ nuclei, measurements: m }) => ({
              count: nuclei.count,
              names: m?.names ?? [],
              values: m?.values,
            })),
            names,
            new Float64Array(count * names.length).fill(NaN),
          ),
        },
      }),
      ...(knowsLabels && { labelled: joinBytes(all.map((one) => [one.labelled, one.nuclei.count])) }),
      ...(all.some((one) => one.uuid) && { uuid: joinBytes(all.map((one) => [one.uuid, 16 * one.nuclei.count])) }),
    },
    dots: {
      centres: Float64Array.from(files.flatMap(({ dots }) => [...dots.centres])),
      classIndex: Int16Array.from(files.flatMap(({ classified, dots }) => own(classified, dots.classIndex))),
      ...(knowsLabels && { labelled: joinBytes(files.map(({ dots }) => [dots.labelled, dots.classIndex.length])) }),
    },
  }
}

interface Rows {
  readonly count: number
  readonly names: readonly string[]
  readonly values: ArrayLike<number> | undefined
}

/** Writes the rows of all files into `to`, each value under its name. */
function joinRows<T extends Float32Array | Float64Array>(files: readonly Rows[], names: readonly string[], to: T): T {
  let row = 0
  for (const { count, names: own, values } of files) {
    const column = own.map((name) => names.indexOf(name))
    for (let i = 0; values && i < count; i++)
      column.forEach((c, k) => (to[(row + i) * names.length + c] = values[i * own.length + k]))
    row += count
  }
  return to
}

function joinBytes(parts: readonly (readonly [Uint8Array | undefined, number])[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, [, length]) => n + length, 0))
  let at = 0
  for (const [bytes, length] of parts) {
    if (bytes) all.set(bytes, at)
    at += length
  }
  return all
}
