import sharp from 'sharp'
import type { ClassifiedNuclei } from '../../../contract/index.ts'
import { xmlText } from '../../files/xmlTags.ts'
import { rgbOf } from '../geojson/properties.ts'
import type { ExportedSlide, Exporter } from './exporter.ts'
import { exportOutlines } from './outline.ts'

/** Longest side of the picture, pixels. */
const longestSide = 8192
/** Nuclei without a class. */
const noColour = '#808080'

/** Returns the factor from level-0 pixels to the picture's. */
const scaleOf = ({ width, height }: ExportedSlide) => Math.min(1, longestSide / Math.max(width, height))

/** Yields the slide as a PNG in which each nucleus has its class's colour and everything else is transparent. */
async function* png(classified: ClassifiedNuclei, slide: ExportedSlide): AsyncGenerator<Uint8Array> {
  const scale = scaleOf(slide)
  const [width, height] = [slide.width, slide.height].map((v) => Math.max(1, Math.round(v * scale)))
  const pixels = Buffer.alloc(4 * width * height)
  const colours = classified.classes.map(({ color }) => rgbOf(color))
  const set = (x: number, y: number, [r, g, b]: readonly number[]) => {
    if (x < 0 || y < 0 || x >= width || y >= height) return
    const at = 4 * (y * width + x)
    pixels[at] = r
    pixels[at + 1] = g
    pixels[at + 2] = b
    pixels[at + 3] = 255
  }
  for (const { i, ring } of exportOutlines(classified.nuclei)) {
    const colour = colours[classified.classIndex[i]] ?? rgbOf(noColour)
    const points = Float64Array.from(ring, (v) => v * scale)
    fill(points, (x, y) => set(x, y, colour))
    // A nucleus smaller than a pixel would vanish.
    set(Math.floor(points[0]), Math.floor(points[1]), colour)
  }
  yield await sharp(pixels, { raw: { width, height, channels: 4 }, limitInputPixels: false })
    .png()
    .toBuffer()
}

/** Calls `set` for each pixel whose centre lies in a ring (even–odd rule). */
function fill(ring: Float64Array, set: (x: number, y: number) => void): void {
  let [top, bottom] = [Infinity, -Infinity]
  for (let k = 1; k < ring.length; k += 2) {
    top = Math.min(top, ring[k])
    bottom = Math.max(bottom, ring[k])
  }
  for (let y = Math.floor(top); y <= bottom; y++) {
    const middle = y + 0.5
    const crossings: number[] = []
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [ay, by] = [ring[j + 1], ring[i + 1]]
      if (ay > middle !== by > middle) crossings.push(ring[j] + ((middle - ay) / (by - ay)) * (ring[i] - ring[j]))
    }
    crossings.sort((a, b) => a - b)
    for (let k = 0; k + 1 < crossings.length; k += 2)
      for (let x = Math.ceil(crossings[k] - 0.5); x < crossings[k + 1] - 0.5; x++) set(x, y)
  }
}

/** Yields the slide as SVG: a group of outlines for each class, in level-0 pixels. */
function* svg(classified: ClassifiedNuclei, { width, height }: ExportedSlide): Generator<string> {
  const { nuclei, classes, classIndex } = classified
  yield `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">\n`
  for (let c = -1; c < classes.length; c++) {
    const { name, color } = c < 0 ? { name: '', color: noColour } : classes[c]
    yield `<g fill="${color}" fill-opacity="0.5" stroke="${color}"><title>${xmlText(name)}</title>\n`
    for (const { ring } of exportOutlines(nuclei, (n) => classIndex[n] === c))
      yield `<path d="M${Array.from(ring, (v) => Math.round(v * 100) / 100).join(' ')}Z"/>\n`
    yield '</g>\n'
  }
  yield '</svg>\n'
}

export const pngExport: Exporter = {
  format: 'png',
  name: { en: 'Class map, picture (PNG)', de: 'Klassenkarte, Bild (PNG)' },
  mediaType: 'image/png',
  content: png,
}

export const svgExport: Exporter = {
  format: 'svg',
  name: { en: 'Class map, drawing (SVG)', de: 'Klassenkarte, Zeichnung (SVG)' },
  mediaType: 'image/svg+xml',
  content: svg,
}
