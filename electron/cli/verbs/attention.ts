import { InvalidArgumentError } from 'commander'
import { FailureError, unwrap, type Nuclei, type Rect, message } from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import { writeAtomically } from '../../formats/files/writeAtomically.ts'
import { connectEngine } from '../../launch/engineClient.ts'
import { attentionPicture } from '../output/attentionPicture.ts'
import { classedNuclei } from '../classedNuclei.ts'
import { findEncoder } from '../findEncoder.ts'
import { positive, wholeNumber, slideMpp } from '../options.ts'
import { slideScale } from '../slideScale.ts'
import { run, type Verb } from '../verb.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'

interface Options {
  at: { x: number; y: number }
  nuclei?: string
  model?: string
  mpp?: number
  head?: number
  allHeads: boolean
  output: string
  json?: boolean
}

/** Maximum distance of a nucleus from --at, µm. */
const reach = 20
/** Distance around the point in which nuclei are detected, µm. It exceeds any preset's crop on both sides. */
const surroundings = 350

/** karyon attention: shows what a nucleus and [CLS] attend to. */
export const attention: Verb = (program) =>
  program
    .command('attention')
    .argument('<slide>')
    .description('draw what [CLS] and a nucleus attend to, over the crop in which the model sees it')
    .requiredOption('--at <x,y>', 'at or near the nucleus, in pixels of the full resolution', point)
    .option('--nuclei <file>', 'nuclei from this file (QuPath GeoJSON) instead of finding them around the point')
    .option('--model <id|folder>', 'model to look into, or preset:<name> for random weights')
    .option('--mpp <m>', slideMpp, positive)
    .option('--head <n>', 'this head of the last block alone, from 0', wholeNumber)
    .option('--all-heads', 'a row for each head of the last block', false)
    .requiredOption('-o, --output <file>', 'PNG file', png)
    .option('--json', 'result as JSON on stdout')
    .action((slide: string, options: Options) => run(options, () => draw(slide, options), human))

function point(text: string): { x: number; y: number } {
  const [x, y, ...more] = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
  if (more.length || !Number.isFinite(x) || !Number.isFinite(y))
    throw new InvalidArgumentError(`must be x,y in pixels, as in 1200,840; got "${text}".`)
  return { x, y }
}

function png(path: string): string {
  if (!/\.png$/i.test(path)) throw new InvalidArgumentError(`must end in .png; got "${path}".`)
  return path
}

async function draw(slide: string, options: Options) {
  const model = await findEncoder(options.model)
  const { info, mpp } = await slideScale(slide, options.mpp)
  const { x, y } = options.at
  if (x < 0 || y < 0 || x >= info.width || y >= info.height)
    throw new FailureError('invalid-input', message('atOutside', { slide: [info.width, info.height], at: [x, y] }))
  const engine = connectEngine()
  try {
    const half = surroundings / mpp
    const region = { x: x - half, y: y - half, width: 2 * half, height: 2 * half }
    const asked = { slide, info, mpp, file: options.nuclei, region: cut(region, info) }
    const { nuclei } = await classedNuclei(engine, asked)
    const { nucleus, distance } = nearest(nuclei, x, y)
    if (nucleus < 0 || distance * mpp > reach)
      throw new FailureError(
        'empty',
        message('atNoNucleus', { reach, at: [x, y], nearest: nucleus < 0 ? null : distance * mpp }),
      )
    const attention = await engine.call('attention', { model, slide, mpp, nuclei, nucleus })
    if (options.head !== undefined && options.head >= attention.heads)
      throw new FailureError('invalid-input', message('noHead', { heads: attention.heads, head: options.head }))
    const heads = options.allHeads
      ? [...Array.from({ length: attention.heads }, (_, h) => h), 'mean' as const, 'rollout' as const]
      : options.head === undefined
        ? (['mean', 'rollout'] as const)
        : [options.head]
    const reader = unwrap(await openSlide(slide, { mpp }))
    const picture = await attentionPicture(reader, attention, nuclei, nucleus, heads).finally(() => reader.close())
    await writeAtomically(options.output, [picture])
    return {
      model,
      crop: attention.crop,
      nucleus: { box: boxOf(nuclei, nucleus), distance: distance * mpp },
      grid: attention.grid,
      heads: attention.heads,
      rows: heads,
      columns: ['crop', 'nucleus', '[CLS]'],
      output: options.output,
    }
  } finally {
    await engine.close()
  }
}

function cut(rect: Rect, { width, height }: { width: number; height: number }): Rect {
  const [x, y] = [Math.max(0, rect.x), Math.max(0, rect.y)]
  return { x, y, width: Math.min(width, rect.x + rect.width) - x, height: Math.min(height, rect.y + rect.height) - y }
}

/**
 * Returns the nucleus with the nearest box, and its distance in pixels. Prefers the smaller of two. −1 if there is
 * none.
 */
function nearest(nuclei: Nuclei, x: number, y: number): { nucleus: number; distance: number } {
  let best = { nucleus: -1, distance: Infinity, area: Infinity }
  for (let i = 0; i < nuclei.count; i++) {
    const [x0, y0, x1, y1] = boxOf(nuclei, i)
    const distance = Math.hypot(Math.max(x0 - x, 0, x - x1), Math.max(y0 - y, 0, y - y1))
    const area = (x1 - x0) * (y1 - y0)
    if (distance < best.distance || (distance === best.distance && area < best.area))
      best = { nucleus: i, distance, area }
  }
  return best
}

const human = (r: Awaited<ReturnType<typeof draw>>): string =>
  `${r.output}: a row each for ${r.rows.map((h) => (typeof h === 'number' ? `head ${h}` : h)).join(', ')} ` +
  `(mean of the last block's ${r.heads} heads; rollout over all blocks); columns: ${r.columns.join(', ')}.`
