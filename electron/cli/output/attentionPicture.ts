import sharp, { type OverlayOptions } from 'sharp'
import { type Attention, type Nuclei, type SlideReader } from '../../contract/index.ts'
import {
  attentionMap,
  heatPixels,
  type AttentionHead,
  type AttentionQuery,
} from '../../../models/nucleusVit/attentionMap.ts'
import { outlineOf } from '../../../models/nuclei/nuclei.ts'

const side = 336
const gap = 6
const caption = 20

/**
 * Draws a figure as PNG. Each head has a row: the crop with its nuclei, what the chosen nucleus attends to, and what
 * [CLS] attends to.
 */
export async function attentionPicture(
  reader: SlideReader,
  attention: Attention,
  nuclei: Nuclei,
  nucleus: number,
  heads: readonly AttentionHead[],
): Promise<Uint8Array> {
  const { crop, grid } = attention
  const { data } = await reader.region(crop, side, side)
  const tissue = await sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer()
  const outline = (i: number, style: string) => {
    const points = [...outlineOf(nuclei, i)].map((v, k) => ((v - (k % 2 ? crop.y : crop.x)) * side) / crop.width)
    return `<polygon points="${points.map((v) => v.toFixed(1)).join(' ')}" fill="none" ${style}/>`
  }
  const chosen = `${outline(nucleus, 'stroke="#000000" stroke-width="4"')}${outline(nucleus, 'stroke="#ffffff" stroke-width="2"')}`
  const all = Array.from({ length: nuclei.count }, (_, i) => i).filter((i) => touches(nuclei, i, crop))
  const width = 3 * side + 2 * gap
  const height = caption + heads.length * (side + gap) - gap
  const layers: OverlayOptions[] = []
  const texts = ['crop and nuclei', 'the nucleus attends to', '[CLS] attends to'].map(
    (text, c) => `<text x="${c * (side + gap) + 2}" y="14">${text}</text>`,
  )
  for (const [row, head] of heads.entries()) {
    const top = caption + row * (side + gap)
    const heat = async (query: AttentionQuery) => {
      const raw = { width: grid, height: grid, channels: 4 as const }
      return sharp(heatPixels(attentionMap(attention, query, head)), { raw })
        .resize(side, side, { kernel: 'cubic' })
        .png()
        .toBuffer()
    }
    const panels = [undefined, await heat('nucleus'), await heat('cls')]
    for (const [column, panel] of panels.entries()) {
      const left = column * (side + gap)
      layers.push({ input: tissue, left, top })
      if (panel) layers.push({ input: panel, left, top })
      const drawn = panel ? chosen : all.map((i) => outline(i, 'stroke="#1b7f3b" stroke-width="1"')).join('') + chosen
      const frame = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">${drawn}</svg>`
      layers.push({ input: Buffer.from(frame), left, top })
    }
    texts.push(
      `<text x="${width - 6}" y="${top + 16}" text-anchor="end" stroke="#ffffff" stroke-width="3" paint-order="stroke">${typeof head === 'number' ? `head ${head}` : head}</text>`,
    )
  }
  const labels = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="13">${texts.join('')}</svg>`
  layers.push({ input: Buffer.from(labels), left: 0, top: 0 })
  return sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .composite(layers)
    .png({ compressionLevel: 9, palette: true })
    .toBuffer()
}

function touches(nuclei: Nuclei, i: number, { x, y, width, height }: Attention['crop']): boolean {
  const [ox, oy] = nuclei.origin
  const [x0, y0, x1, y1] = nuclei.box.subarray(4 * i, 4 * i + 4)
  return x0 + ox < x + width && x1 + ox > x && y0 + oy < y + height && y1 + oy > y
}
