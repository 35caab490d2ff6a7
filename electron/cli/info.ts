import { unwrap } from '../contract/index.ts'
import { openSlide } from '../slides/index.ts'
import { run, type Verb } from './verb.ts'

interface Options {
  json?: boolean
  mpp?: number
}

/** `karyon info <slide>`: what a slide is, without a pixel. Levels are those stored in the file. */
export const info: Verb = (program) => {
  program
    .command('info')
    .description('show what a slide file is: format, size, levels, µm/px')
    .argument('<slide>', 'slide file')
    .option('--mpp <number>', 'µm per pixel of the largest level, where the file does not say', Number)
    .option('--json', 'print JSON')
    .action((path: string, options: Options) => run(options, () => describe(path, options.mpp), inWords))
}

async function describe(path: string, givenMpp: number | undefined) {
  const slide = unwrap(await openSlide(path, { mpp: givenMpp }))
  try {
    const { format, reader, width, height, mpp, levels } = slide.info
    return {
      format,
      reader,
      width,
      height,
      /** Mean of both directions, which differ by measuring errors at most; mppX and mppY have them apart. */
      mpp: mpp && (mpp.x + mpp.y) / 2,
      mppX: mpp && mpp.x,
      mppY: mpp && mpp.y,
      mppSource: mpp && mpp.source,
      levels: levels
        .filter((level) => !level.generated)
        .map(({ width, height, downsample }) => ({ width, height, downsample })),
    }
  } finally {
    await slide.close()
  }
}

function inWords(slide: Awaited<ReturnType<typeof describe>>): string {
  const scale = slide.mpp === null ? 'µm/px unknown' : `${slide.mpp.toFixed(4)} µm/px (${slide.mppSource})`
  return [
    `${slide.format}, ${slide.width} × ${slide.height} px, ${scale}`,
    ...slide.levels.map((l, i) => `level ${i}: ${l.width} × ${l.height}, ${l.downsample.toFixed(2)} times smaller`),
  ].join('\n')
}
