import { InvalidArgumentError } from 'commander'
import sharp from 'sharp'
import { FailureError, meanMpp, message, unwrap, type Rect } from '../../contract/index.ts'
import { writeAtomically } from '../../formats/files/writeAtomically.ts'
import { openSlide, slideFile } from '../../slides/index.ts'
import { positive } from '../options.ts'
import { run, type Verb } from '../verb.ts'

interface Options {
  at: Rect
  mpp?: number
  slideMpp?: number
  output: string
  json?: boolean
}

function rect(text: string): Rect {
  const [x, y, width, height, ...others] = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
  const isGood = others.length === 0 && [x, y, width, height].every(Number.isInteger) && width > 0 && height > 0
  if (!isGood)
    throw new InvalidArgumentError('It must be x,y,width,height in whole level-0 pixels, such as 0,0,512,512.')
  return { x, y, width, height }
}

/** karyon region: writes part of a slide as a picture, as every other part of Karyon sees it. */
export const region: Verb = (program) =>
  program
    .command('region')
    .argument('<slide>')
    .description('write a region of a slide as a picture, PNG or JPEG, as the readers see it')
    .requiredOption('--at <x,y,w,h>', 'region in level-0 pixels; what lies outside the slide is white', rect)
    .option('--mpp <m>', 'µm per pixel of the picture (default: that of the slide)', positive)
    .option('--slide-mpp <m>', 'µm per pixel of the slide, where its file does not say', positive)
    .requiredOption('-o, --output <file>', 'picture: .png, .jpg')
    .option('--json', 'result as JSON on stdout')
    .action((slide: string, options: Options) => run(options, () => write(slide, options), human))

/** No picture has more pixels: its pixels are in memory twice. */
const mostPixels = 120e6

async function write(slide: string, { at, mpp, slideMpp, output }: Options) {
  const kind = /\.png$/i.test(output) ? 'png' : /\.jpe?g$/i.test(output) ? 'jpeg' : undefined
  if (!kind) throw new FailureError('invalid-input', message('regionKind', { output }))
  const reader = unwrap(await openSlide(await slideFile(slide), { mpp: slideMpp }))
  try {
    const own = reader.info.mpp
    if (mpp !== undefined && !own) throw new FailureError('no-scale', message('regionNoScale', { slide }))
    const width = own && mpp ? Math.max(1, Math.round((at.width * own.x) / mpp)) : at.width
    const height = own && mpp ? Math.max(1, Math.round((at.height * own.y) / mpp)) : at.height
    if (width * height > mostPixels)
      throw new FailureError('unsupported', message('regionPictureTooLarge', { size: [width, height] }))
    const { data } = await reader.region(at, width, height)
    const picture = sharp(data, { raw: { width, height, channels: 3 } })
    const bytes = await (
      kind === 'png' ? picture.png() : picture.jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    ).toBuffer()
    await writeAtomically(output, [bytes], { gzip: false })
    return { output, width, height, mpp: own && (mpp ?? meanMpp(own)) }
  } finally {
    await reader.close()
  }
}

const human = ({ output, width, height }: Awaited<ReturnType<typeof write>>): string =>
  `${output}: ${width} × ${height} px`
