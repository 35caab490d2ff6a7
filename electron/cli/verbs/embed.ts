import { basename } from 'node:path'
import { stat } from 'node:fs/promises'
import { InvalidArgumentError } from 'commander'
import sharp from 'sharp'
import { FailureError, classColours, type Nuclei, type SlideNuclei, message } from '../../contract/index.ts'
import { csvField } from '../../formats/annotations/export/csv.ts'
import { readModelFolder } from '../../formats/weights/modelFolder.ts'
import { writeAtomically } from '../../formats/files/writeAtomically.ts'
import { connectEngine, type Engine } from '../../launch/engineClient.ts'
import { classedNuclei } from '../classedNuclei.ts'
import { needScale, nucleiOfImage, openData } from '../data/dataSlides.ts'
import { findEncoder } from '../findEncoder.ts'
import { positive, wholeNumber, dataMpp, slideMpp } from '../options.ts'
import { scatterSvg } from '../output/scatterPicture.ts'
import { slideScale } from '../slideScale.ts'
import { progress, run, type Verb } from '../verb.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'

interface Options {
  nuclei?: string
  tiles?: string
  model?: string
  mpp?: number
  landmarks: number
  seed: number
  output: string[]
  json?: boolean
}

/** Default for --landmarks: the number of nuclei that are laid out relative to each other. */
const landmarks = 5000

/** karyon embed: draws a map of nuclei by their tokens, coloured by class. */
export const embed: Verb = (program) =>
  program
    .command('embed')
    .argument('<slide|folder>', 'slide, or data folder')
    .description('map nuclei by their tokens (UMAP), coloured by class, as CSV, SVG or PNG')
    .option('--nuclei <file>', 'nuclei of the slide from this file (QuPath GeoJSON) instead of finding them')
    .option('--tiles <names>', 'only these images of the folder, or with a leading ! all but these')
    .option('--model <id|folder>', 'model whose tokens are mapped, or preset:<name> for random weights')
    .option('--mpp <m>', `${slideMpp}; in a folder ${dataMpp}`, positive)
    .option(
      '--landmarks <n>',
      'nuclei laid out against each other; more are placed between them',
      atLeastTwo,
      landmarks,
    )
    .option('--seed <s>', 'seed of every random number', wholeNumber, 1)
    .requiredOption('-o, --output <file...>', 'files to write: .csv, .svg, .png', pictureOrTable)
    .option('--json', 'result as JSON on stdout')
    .action((path: string, options: Options) => run(options, () => embedNuclei(path, options), human))

function atLeastTwo(text: string): number {
  const value = wholeNumber(text)
  if (value < 2) throw new InvalidArgumentError(`must be at least 2; got "${text}".`)
  return value
}

function pictureOrTable(path: string, before: string[] | undefined): string[] {
  if (!/\.(csv|svg|png)$/i.test(path)) throw new InvalidArgumentError(`must end in .csv, .svg or .png; got "${path}".`)
  return [...(before ?? []), path]
}

/** The slides to map, and the class of each of their nuclei, slide after slide. */
interface Mapped {
  readonly slides: readonly SlideNuclei[]
  readonly classes: readonly { readonly name: string; readonly color: string }[]
  readonly classIndex: Int16Array
  readonly saidBy: string
}

async function embedNuclei(path: string, options: Options) {
  const model = await findEncoder(options.model)
  const isFolder = await stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  )
  const engine = connectEngine()
  try {
    const mapped = isFolder ? await ofFolder(path, options) : await ofSlide(engine, path, model, options)
    const nuclei = mapped.classIndex.length
    if (nuclei === 0) throw new FailureError('empty', message('noNucleiOn', { slide: path }))
    const params = { model, slides: [...mapped.slides], landmarks: options.landmarks, seed: options.seed }
    const { places, landmarks, seconds } = await engine.call('embed', params, {
      onProgress: ({ done, of }) => progress(`mapping: ${Math.floor((100 * done) / of)} %`),
    })
    const note =
      `UMAP of ${nuclei.toLocaleString('en')} nuclei` +
      (landmarks.length < nuclei
        ? `; ${landmarks.length.toLocaleString('en')} laid out, the others placed between them`
        : '')
    for (const output of options.output) {
      const svg = () => scatterSvg({ ...mapped, places, note })
      if (/\.csv$/i.test(output)) await writeAtomically(output, table(mapped, places, landmarks))
      else if (/\.svg$/i.test(output)) await writeAtomically(output, svg())
      else
        await writeAtomically(output, [
          await sharp(Buffer.from([...svg()].join('')), { unlimited: true })
            .png()
            .toBuffer(),
        ])
    }
    const counts = mapped.classes.map(({ name }, c) => [name, mapped.classIndex.filter((k) => k === c).length] as const)
    return {
      model,
      nuclei,
      landmarks: landmarks.length,
      classes: Object.fromEntries(counts),
      classesSaidBy: mapped.saidBy,
      output: options.output,
      seconds,
    }
  } finally {
    await engine.close()
  }
}

async function ofSlide(
  engine: Engine,
  slide: string,
  model: string,
  { nuclei: file, mpp: given }: Options,
): Promise<Mapped> {
  const { info, mpp } = await slideScale(slide, given)
  const hasClasses = !model.startsWith('preset:') && (await readModelFolder(model)).json.classes.length > 0
  const asked = { slide, info, mpp, file, ...(hasClasses ? { classifier: model } : {}) }
  const { nuclei, ...said } = await classedNuclei(engine, asked)
  return { ...said, slides: [{ slide, mpp, nuclei }] }
}

async function ofFolder(folder: string, { tiles, mpp }: Options): Promise<Mapped> {
  const [set] = (await openData([folder], { tiles, mpp })).chosen
  needScale(set)
  const slides = set.images.map((image) => ({
    slide: image.path,
    mpp: image.mpp!,
    nuclei: nucleiOfImage(image),
  }))
  const unlabelled = (nuclei: number) => new Int16Array(nuclei).fill(-1)
  return {
    slides,
    classes: set.classes.map((name, i) => ({ name, color: classColours[i % classColours.length] })),
    classIndex: Int16Array.from(
      set.images.flatMap(({ classIndex }, i) => [...(classIndex ?? unlabelled(slides[i].nuclei.count))]),
    ),
    saidBy: 'the data set',
  }
}

/** Yields a row per nucleus: image, centre in level-0 pixels, place on the map, class, and whether it is a landmark. */
function* table(
  { slides, classes, classIndex }: Mapped,
  places: Float32Array,
  landmarks: Uint32Array,
): Generator<string> {
  yield 'image,nucleus,x_px,y_px,map_x,map_y,class,landmark\r\n'
  const isLandmark = new Set(landmarks)
  let row = 0
  for (const { slide, nuclei } of slides)
    for (let i = 0; i < nuclei.count; i++, row++) {
      const [x, y] = centreOf(nuclei, i)
      const place = [places[2 * row], places[2 * row + 1]].map((v) => v.toFixed(4))
      const name = csvField(classes[classIndex[row]]?.name ?? '')
      yield (
        [
          csvField(basename(slide)),
          i + 1,
          x.toFixed(1),
          y.toFixed(1),
          ...place,
          name,
          isLandmark.has(row) ? 1 : 0,
        ].join(',') + '\r\n'
      )
    }
}

function centreOf(nuclei: Nuclei, i: number): [number, number] {
  const [x0, y0, x1, y1] = boxOf(nuclei, i)
  return [(x0 + x1) / 2, (y0 + y1) / 2]
}

const human = (r: Awaited<ReturnType<typeof embedNuclei>>): string =>
  [
    `${r.nuclei} nuclei mapped in ${r.seconds.toFixed(1)} s` +
      (r.landmarks < r.nuclei ? `, ${r.landmarks} of them laid out and the others placed between them` : ''),
    ...Object.entries(r.classes).map(([name, n]) => `  ${name}: ${n}`),
    `Classes as ${r.classesSaidBy} says. Written: ${r.output.join(', ')}`,
  ].join('\n')
