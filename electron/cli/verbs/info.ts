import { writeFile } from 'node:fs/promises'
import {
  FailureError,
  message,
  systemFailure,
  meanMpp,
  unwrap,
  type SlideReader,
  inEnglish,
} from '../../contract/index.ts'
import { readModelFolder } from '../../formats/weights/modelFolder.ts'
import { findModel } from '../../launch/models.ts'
import { openSlide, slideQuality } from '../../slides/index.ts'
import { stainDistance } from '../../../models/tissue/stainDistance.ts'
import { slideMpp } from '../options.ts'
import { run, type Verb } from '../verb.ts'

interface Options {
  json?: boolean
  mpp?: number
  image?: number
  quality?: boolean
  picture?: string
  out?: string
}

/** `karyon info <slide>`: describes a slide, its reader and anything unusual about it. Levels are those in the file. */
export const info: Verb = (program) => {
  program
    .command('info')
    .description('show what a slide file is: format, reader, size, levels, µm/px')
    .argument('<slide>', 'slide file, or folder of a DICOM slide')
    .option('--mpp <number>', slideMpp, Number)
    .option('--image <number>', 'number of the image of a file that holds several (default: the largest)', Number)
    .option('--quality', 'measure tissue, focus, stains and scale, and say what is unusual')
    .option(
      '--picture <name>',
      'write a picture beside the slide (thumbnail, macro, label) to --out; may name the patient',
    )
    .option('--out <file>', 'file for --picture')
    .option('--json', 'print JSON')
    .action((path: string, options: Options) => run(options, () => describe(path, options), inWords))
}

async function describe(path: string, { mpp: givenMpp, image, quality, picture, out }: Options) {
  if (image !== undefined && !(Number.isInteger(image) && image > 0))
    throw new FailureError('invalid-input', message('imageWhole'))
  const slide = unwrap(await openSlide(path, { mpp: givenMpp, image }))
  try {
    if (picture !== undefined) await writePicture(slide, picture, out)
    const { format, reader, width, height, mpp, levels, notices, associated, images, profile } = slide.info
    return {
      format,
      reader,
      /** Formats that were tried before, and why they did not open the slide. */
      declined: slide.declined.map(({ format, why }) => ({ format, why: inEnglish(why) })),
      width,
      height,
      /** One value for both directions: the mean that keeps areas right. mppX and mppY hold each of them. */
      mpp: mpp && meanMpp(mpp),
      mppX: mpp && mpp.x,
      mppY: mpp && mpp.y,
      mppSource: mpp && mpp.source,
      levels: levels
        .filter((level) => !level.generated)
        .map(({ width, height, downsample }) => ({ width, height, downsample })),
      ...(images && { images, image: slide.info.image }),
      associated: associated ?? [],
      profile: profile ?? null,
      notices: (notices ?? []).map(inEnglish),
      ...(quality && { quality: await qualityOf(slide) }),
    }
  } finally {
    await slide.close()
  }
}

/**
 * Returns the slide's quality with its findings in English, for terminals and scripts, and how far its stain is from
 * those of the built-in model's training tiles.
 */
async function qualityOf(slide: SlideReader) {
  const { findings, ...measured } = await slideQuality(slide)
  const { json } = await readModelFolder(await findModel())
  const distance = measured.stains && json.stains ? stainDistance(measured.stains, json.stains) : null
  const isFar = distance !== null && distance > 1
  const all = [...findings, ...(isFar ? [message('fitFar', { times: distance })] : [])]
  return { ...measured, stainDistance: distance, findings: all.map(inEnglish) }
}

async function writePicture(slide: SlideReader, name: string, out: string | undefined): Promise<void> {
  if (out === undefined) throw new FailureError('invalid-input', message('pictureNeedsOut', { name }))
  const { bytes } = await slide.associated(name)
  await writeFile(out, bytes, { flag: 'wx' }).catch((error: unknown) => {
    const failure = systemFailure(error, { do: 'writeFile', path: out })
    throw failure ? FailureError.of(failure) : error
  })
}

type Description = Awaited<ReturnType<typeof describe>>

function inWords(slide: Description): string {
  const scale = slide.mpp === null ? 'µm/px unknown' : `${slide.mpp.toFixed(4)} µm/px (${slide.mppSource})`
  return [
    `${slide.format}, ${slide.width} × ${slide.height} px, ${scale}`,
    ...slide.levels.map((l, i) => `level ${i}: ${l.width} × ${l.height}, ${l.downsample.toFixed(2)} times smaller`),
    ...(slide.images ?? []).map(
      ({ name, width, height }, i) =>
        `image ${i + 1}${name && ` "${name}"`}: ${width} × ${height}${i + 1 === slide.image ? ' (shown)' : ''}`,
    ),
    ...slide.associated.map(({ name, width, height }) => `picture ${name}: ${width} × ${height}`),
    ...(slide.profile === null ? [] : [`colour profile: ${slide.profile}`]),
    `read by ${slide.reader}`,
    ...slide.declined.map(({ format, why }) => `  not ${format}: ${why}`),
    ...slide.notices.map((notice) => `notice: ${notice}`),
    ...(slide.quality ? qualityInWords(slide.quality) : []),
  ].join('\n')
}

function qualityInWords({
  tissueShare,
  samples,
  focus,
  stains,
  stainDistance: distance,
  nuclei,
  findings,
}: NonNullable<Description['quality']>) {
  return [
    `tissue: ${(100 * tissueShare).toFixed(1)} % of the slide, measured on ${samples} samples`,
    ...(focus
      ? [`sharpness ${focus.median.toFixed(2)}, ${Math.round(100 * focus.sharpShare)} % of samples sharp`]
      : []),
    ...(stains
      ? [
          `mean density: haematoxylin ${stains.haematoxylin.toFixed(2)}, eosin ${stains.eosin.toFixed(2)}, other ${stains.residual.toFixed(2)}`,
        ]
      : []),
    ...(distance === null
      ? []
      : [
          `distance of the stain from the built-in model’s training tiles: ${distance.toFixed(2)} (above 1: unlike all of them)`,
        ]),
    ...(nuclei
      ? [`nuclei about ${nuclei.micrometres?.toFixed(1) ?? `${nuclei.pixels.toFixed(0)} px, unknown`} µm`]
      : []),
    ...(findings.length ? findings.map((finding) => `unusual: ${finding}`) : ['nothing unusual']),
  ]
}
