/** Names of measurements in our exports. QuPath has no other place for these values. */
export const labelledMeasurement = 'Labelled by human'
export const probabilityMeasurement = (name: string): string => `p(${name})`

/** Returns red, green, blue (0 … 255) of a colour '#rrggbb'. */
export const rgbOf = (color: string): [number, number, number] => {
  const n = Number.parseInt(color.slice(1), 16)
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255]
}

/** Returns '#rrggbb' of red, green, blue (0 … 255). */
export const hexOf = (r: number, g: number, b: number): string =>
  '#' + (((r & 255) << 16) | ((g & 255) << 8) | (b & 255)).toString(16).padStart(6, '0')

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

/**
 * Returns the colour of a classification as '#rrggbb'. It is given as [r, g, b], or in older QuPath files as a packed
 * ARGB integer (signed). Returns undefined for anything else.
 */
function colorOf(classification: Record<string, unknown>): string | undefined {
  const { color, colorRGB } = classification
  if (Array.isArray(color) && color.length >= 3 && color.every((v) => typeof v === 'number'))
    return hexOf(color[0] as number, color[1] as number, color[2] as number)
  const packed = typeof colorRGB === 'number' ? colorRGB : typeof color === 'number' ? color : undefined
  return packed === undefined ? undefined : hexOf(packed >> 16, packed >> 8, packed)
}

/**
 * Returns class name and colour from a feature's properties. The classification has {name} or {names}, or is a name.
 */
export function classOf(properties: unknown): { className?: string; color?: string } {
  if (!isObject(properties)) return {}
  const { classification } = properties
  if (typeof classification === 'string') return classification ? { className: classification } : {}
  if (!isObject(classification)) return {}
  const { name, names } = classification
  const joined = Array.isArray(names) ? names.filter((n) => typeof n === 'string').join(': ') : ''
  const className = typeof name === 'string' && name ? name : joined
  return className ? { className, color: colorOf(classification) } : {}
}

/** Yields measurements as [name, value]. Files store them as {name: value}, or in an older form as [{name, value}]. */
function* measurementsOf(properties: unknown): Generator<[string, number]> {
  if (!isObject(properties)) return
  const { measurements } = properties
  if (Array.isArray(measurements)) {
    for (const m of measurements as unknown[])
      if (isObject(m) && typeof m.name === 'string' && typeof m.value === 'number') yield [m.name, m.value]
  } else if (isObject(measurements))
    for (const [name, value] of Object.entries(measurements)) if (typeof value === 'number') yield [name, value]
}

/** What the measurements of a feature say. */
export interface Measured {
  /** The probability of each class and whether a human labelled the nucleus, from our own exports. */
  readonly probabilities?: Map<string, number>
  readonly labelled?: boolean
  /** All other measurements. */
  readonly measurements?: [string, number][]
}

export function measuredOf(properties: unknown): Measured {
  let probabilities: Map<string, number> | undefined
  let labelled: boolean | undefined
  let measurements: [string, number][] | undefined
  for (const [name, value] of measurementsOf(properties)) {
    if (name === labelledMeasurement) labelled = value > 0
    else if (name.startsWith('p(') && name.endsWith(')') && value >= 0 && value <= 1)
      (probabilities ??= new Map()).set(name.slice(2, -1), value)
    else (measurements ??= []).push([name, value])
  }
  return { probabilities, labelled, measurements }
}

/** Returns the type of a QuPath object in lower case, from the current or an older form, or '' if it has none. */
export function objectTypeOf(feature: Record<string, unknown>): string {
  const properties = isObject(feature.properties) ? feature.properties : {}
  const stated = properties.objectType ?? properties.object_type
  if (typeof stated === 'string') return stated.toLowerCase()
  const old = /^Path(Cell|Detection|Annotation|Tile|Root|TMACore)/.exec(
    typeof feature.id === 'string' ? feature.id : '',
  )
  return old ? ({ Cell: 'cell', TMACore: 'tma_core' }[old[1]] ?? old[1].toLowerCase()) : ''
}
