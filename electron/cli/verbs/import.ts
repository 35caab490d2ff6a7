import { readdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { FailureError, inEnglish, message, withoutAnnotationEnding, type LeftOutCount } from '../../contract/index.ts'
import { connectEngine } from '../../launch/engineClient.ts'
import { Workbench } from '../../host/index.ts'
import { installation } from '../../launch/installation.ts'
import { isOpenable } from '../../slides/index.ts'
import { positive, slideMpp } from '../options.ts'
import { progress, run, type Verb } from '../verb.ts'

interface Options {
  project: string
  slide?: string
  labels?: boolean
  mpp?: number
  json?: boolean
}

interface Result {
  nuclei: number
  labels: number
  /** Dots that gave their class to the nucleus at their place. */
  dots: number
  skipped: { file: string; reason: string; count: number }[]
  notes: string[]
  seconds: number
}

/** karyon import: puts other tools' nuclei into a project. */
export const importNuclei: Verb = (program) =>
  program
    .command('import')
    .argument('<files...>', 'GeoJSON, HoVer-Net, CellViT, COCO, ASAP, Aperio, … (each may be .gz), or a label image')
    .description("put nuclei from other tools' files into a project; the files of a slide are one undoable step")
    .requiredOption('--project <file>', 'project file (*.karyon); made where it is not there')
    .option(
      '--slide <file>',
      'slide of all files (default: the slide named like the file, in the project or beside it)',
    )
    .option('--labels', 'the classes were given by a person (default: they are kept as predictions)')
    .option('--mpp <m>', slideMpp, positive)
    .option('--json', 'result as JSON on stdout')
    .action((files: string[], options: Options) => run(options, () => importAll(files, options), human))

async function importAll(files: string[], options: Options): Promise<Result> {
  const started = performance.now()
  // The engine is started only by calls, and an import makes none.
  const workbench = await Workbench.open({
    project: resolve(options.project),
    engine: connectEngine(),
    ...installation(),
  })
  try {
    const bySlide = new Map<string, string[]>()
    for (const file of files) {
      const slide = resolve(options.slide ?? (await slideOf(file, workbench)))
      bySlide.set(slide, [...(bySlide.get(slide) ?? []), resolve(file)])
    }
    const result: Result = { nuclei: 0, labels: 0, dots: 0, skipped: [], notes: [], seconds: 0 }
    let done = 0
    for (const [slide, own] of bySlide) {
      const slideId = await workbench.openSlide(slide, options.mpp)
      const one = await workbench.importFiles(slideId, own, options.labels ?? false)
      result.nuclei += one.nuclei
      result.labels += one.labels
      result.dots += one.dots
      result.skipped.push(...one.skipped.map(({ file, reason, count }) => ({ file, reason, count })))
      result.notes.push(...one.notes.map(inEnglish))
      progress(`importing: ${(done += own.length)}/${files.length} files`)
    }
    return { ...result, seconds: (performance.now() - started) / 1000 }
  } finally {
    await workbench.close()
  }
}

/** Endings that annotation files have in front of their extension. */
const annotationEnding = /([_.-](nuclei|cells?|annotations?|cell_detection|detections?|labels?|mask|instances?))*$/i

const stemOf = (path: string) =>
  withoutAnnotationEnding(basename(path).replace(/#image=\d+$/, ''))
    .replace(/\.gz$/i, '')
    .replace(/\.(ome\.)?(tiff?|svs|ndpi|scn|mrxs|vms|bif|png|jpe?g|dcm|qptiff)$/i, '')

/**
 * Finds the slide of an annotation file: one in the project, or else one beside the file, whose name the file's begins
 * with; else the project's only slide. Throws FailureError 'not-found'.
 */
async function slideOf(file: string, workbench: Workbench): Promise<string> {
  const stem = stemOf(file).toLowerCase()
  const bare = stem.replace(annotationEnding, '')
  const isOf = (slide: string) => [stem, bare].includes(stemOf(slide).toLowerCase())
  const known = workbench.slidePaths()
  const own = known.filter(isOf)
  if (own.length === 1) return own[0]
  const folder = dirname(resolve(file))
  const beside = (await readdir(folder).catch(() => [])).filter((name) => isOpenable(name) && isOf(name))
  if (own.length === 0 && beside.length === 1) return join(folder, beside[0])
  if (own.length === 0 && beside.length === 0 && known.length === 1) return known[0]
  throw new FailureError('not-found', message('importNoSlide', { file: basename(file) }))
}

const human = ({ nuclei, labels, dots, skipped, notes, seconds }: Result): string =>
  [
    `${nuclei} nuclei imported in ${seconds.toFixed(1)} s${labels > 0 ? `, ${labels} with a label` : ''}.`,
    ...(dots > 0 ? [`${dots} dots gave their class to the nucleus at their place.`] : []),
    ...skipped.map(({ file, ...left }) => inEnglish(message('leftOut', { file, left: [left as LeftOutCount] }))),
    ...notes,
  ].join('\n')
