/**
 * Names of properties in which tools write the class of a nucleus, the likeliest first: TIAToolbox `type`, GeoPandas,
 * SOPA and spatialdata `cell_type`, and what people call a column.
 */
export const classProperties = [
  ...['class', 'class_name', 'className', 'cell_type', 'celltype', 'cellType', 'nucleus_type', 'nuclei_type', 'type'],
  ...['type_name', 'label', 'label_name', 'category', 'phenotype', 'annotation', 'cluster', 'prediction', 'pred_class'],
  ...['predicted_class', 'predicted_label', 'class_label', 'class_id', 'type_id', 'label_id', 'category_id', 'name'],
] as const

/** Other columns that look like one: text under a name with one of these words. */
const classWord = /class|type|label|categor|phenotyp|annot/i
/** Names that tools use for something else. */
const otherMeaning = /^(object_?type|feature_?type|geometry_?type|geom_?type|id|uuid|index|.*_?path|file_?name)$/i
/** A column with more values is no class: it numbers the nuclei or names each of them. */
const mostClasses = 200

interface Column {
  readonly values: Map<string, number>
  /** Index into `values` of each nucleus, −1 = none; shorter than the nuclei if the last ones have none. */
  readonly index: number[]
  isClass: boolean
}

/**
 * Finds the class of nuclei that have no classification in the properties of their features: which property it is can
 * only be said when all nuclei are read.
 */
export class ClassColumns {
  readonly #columns = new Map<string, Column>()
  /** Names of all properties seen, to tell the user where nothing fits. */
  readonly #seen = new Set<string>()
  #nuclei = 0

  /** Takes in the properties of nucleus i; the numbers ascend. */
  add(i: number, properties: Readonly<Record<string, unknown>>): void {
    this.#nuclei++
    for (const name in properties) {
      const value = properties[name]
      if (this.#seen.size < 30) this.#seen.add(name)
      if (value === null || typeof value === 'object' || typeof value === 'boolean' || value === '') continue
      if (!isCandidate(name, value)) continue
      let column = this.#columns.get(name)
      if (!column) {
        if (this.#columns.size >= 30) continue
        this.#columns.set(name, (column = { values: new Map(), index: [], isClass: true }))
      }
      if (!column.isClass) continue
      const text = String(value)
      let at = column.values.get(text)
      if (at === undefined) {
        if (column.values.size >= mostClasses) {
          column.isClass = false
          column.index.length = 0
          continue
        }
        column.values.set(text, (at = column.values.size))
      }
      while (column.index.length < i) column.index.push(-1)
      column.index[i] = at
    }
  }

  /** Returns the property that holds the class, and the class of each nucleus (index into `classes`; −1 or absent: none). */
  find(): { property: string; classes: string[]; index: readonly number[] } | undefined {
    const order = [...classProperties, ...this.#columns.keys()] as string[]
    for (const property of new Set(order)) {
      const column = this.#columns.get(property)
      if (!column?.isClass) continue
      if (isNumbering(property, column)) continue
      return { property, classes: [...column.values.keys()], index: column.index }
    }
    return undefined
  }

  /** Names of the properties that nuclei without a classification have. */
  get seen(): string[] {
    return [...this.#seen]
  }
  /** Number of nuclei whose properties were looked at. */
  get nuclei(): number {
    return this.#nuclei
  }
}

/** Returns whether (nearly) every nucleus has a value of its own: the column then numbers or names them. */
function isNumbering(property: string, { values, index }: Column): boolean {
  const given = index.reduce((n, at) => n + (at >= 0 ? 1 : 0), 0)
  if (values.size <= 3 || values.size <= given / 2) return false
  const isText = [...values.keys()].some((value) => !/\d/.test(value))
  return !isText || property === 'name' || given > 20
}

const known = new Set<string>(classProperties)

function isCandidate(name: string, value: unknown): boolean {
  if (otherMeaning.test(name)) return false
  if (typeof value === 'number') return known.has(name) && Number.isInteger(value)
  return typeof value === 'string' && (known.has(name) || classWord.test(name))
}
