/** Points of a map with their classes, −1 = none. */
export interface Scatter {
  /** x, y of each point, [n, 2] */
  readonly places: Float32Array
  readonly classIndex: ArrayLike<number>
  readonly classes: readonly { readonly name: string; readonly color: string }[]
  /** Text below the points. */
  readonly note: string
}

const size = 720
const margin = 24
const rowHeight = 20
const noClass = { name: 'Unclassified', color: '#444444' }
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Yields, piece by piece, an SVG map of nuclei coloured by class, with a legend of counts below. */
export function* scatterSvg({ places, classIndex, classes, note }: Scatter): Generator<string> {
  const n = places.length / 2
  const bounds = [Infinity, Infinity, -Infinity, -Infinity]
  places.forEach((v, k) => {
    bounds[k % 2] = Math.min(bounds[k % 2], v)
    bounds[2 + (k % 2)] = Math.max(bounds[2 + (k % 2)], v)
  })
  const extent = Math.max(bounds[2] - bounds[0], bounds[3] - bounds[1]) || 1
  const scale = (size - 2 * margin) / extent
  const at = (i: number, axis: 0 | 1) =>
    (size / 2 + (places[2 * i + axis] - (bounds[axis] + bounds[2 + axis]) / 2) * scale).toFixed(1)
  const rows = [...classes.keys(), -1]
    .map((c) => ({ ...(classes[c] ?? noClass), nuclei: count(classIndex, c) }))
    .filter((row) => row.nuclei > 0)
  const height = size + rowHeight * (rows.length + 1) + margin
  // Points cover at most a tenth of the picture, so that thousands stay distinguishable.
  const radius = Math.min(3, Math.max(0.7, Math.sqrt((0.1 * size * size) / (Math.PI * Math.max(1, n))))).toFixed(2)
  yield `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${height}" width="${size}" height="${height}" font-family="sans-serif" font-size="13">\n`
  yield `<rect width="${size}" height="${height}" fill="#ffffff"/>\n<g fill-opacity="0.75">\n`
  for (let i = 0; i < n; i++)
    yield `<circle cx="${at(i, 0)}" cy="${at(i, 1)}" r="${radius}" fill="${(classes[classIndex[i]] ?? noClass).color}"/>\n`
  yield '</g>\n'
  for (const [k, { name, color, nuclei }] of rows.entries()) {
    const y = size + rowHeight * (k + 0.5)
    yield `<circle cx="${margin}" cy="${y}" r="6" fill="${color}"/><text x="${margin + 14}" y="${y + 4}">${escaped(name)}: ${nuclei.toLocaleString('en')}</text>\n`
  }
  yield `<text x="${margin - 6}" y="${size + rowHeight * (rows.length + 0.7)}" fill="#555555">${escaped(note)}</text>\n</svg>\n`
}

function count(classIndex: ArrayLike<number>, wanted: number): number {
  let n = 0
  for (let i = 0; i < classIndex.length; i++) if (classIndex[i] === wanted) n++
  return n
}
