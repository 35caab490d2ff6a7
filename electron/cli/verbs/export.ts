import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { Option } from 'commander'
import { FailureError, message } from '../../contract/index.ts'
import { exporterOf, exporters, extensionOf } from '../../formats/index.ts'
import { connectEngine } from '../../launch/engineClient.ts'
import { Workbench } from '../../host/index.ts'
import { installation } from '../../launch/installation.ts'
import { progress, run, type Verb } from '../verb.ts'

interface Options {
  format: string
  output: string
  slide?: string
  json?: boolean
}

interface Written {
  readonly slide: string
  readonly path: string
  readonly nuclei: number
  /** Nuclei left out because they lie where the tissue was taken out. */
  readonly outside: number
  /** True if only part of the slide was searched for nuclei. */
  readonly inPart: boolean
}

/** karyon export: writes a project's nuclei for other tools. */
export const exportNuclei: Verb = (program) =>
  program
    .command('export')
    .argument('<project>', 'project file (*.karyon)')
    .description("write a project's nuclei in other tools' formats")
    .addOption(
      new Option('--format <name>', exporters.map(({ format, name }) => `${format}: ${name.en}`).join('; '))
        .choices(exporters.map(({ format }) => format))
        .makeOptionMandatory(),
    )
    .requiredOption('-o, --output <path>', 'file; of several slides, and for coco, a folder')
    .option('--slide <name>', 'only this slide, by its name or path')
    .option('--json', 'result as JSON on stdout')
    .action((project: string, options: Options) => run(options, () => exportProject(project, options), human))

async function exportProject(project: string, options: Options) {
  const started = performance.now()
  if (!existsSync(project))
    throw new FailureError('not-found', message('refused', { doing: 'readFile', path: project, reason: 'missing' }))
  const workbench = await Workbench.open({
    project: resolve(project),
    engine: connectEngine(),
    ...installation(),
  })
  try {
    const slides = chosen(workbench, options.slide)
    const exporter = exporterOf(options.format)
    const output = resolve(options.output)
    const isFolder = exporter.format === 'coco' || slides.length > 1
    if (isFolder) await makeFolder(output)
    const written: Written[] = []
    if (exporter.format === 'coco') {
      const path = join(output, 'coco.json')
      const all = await workbench.exportCoco(
        slides.map(({ id }) => id),
        path,
        (slide) => relative(output, slide).replaceAll('\\', '/') || slide,
      )
      written.push(...all.map((one, i) => ({ slide: slides[i].name, ...one })))
    } else
      for (const { id, name } of slides) {
        const path = isFolder ? join(output, `${workbench.exportName(id)}.${extensionOf(exporter)}`) : output
        const one = await workbench.exportFile(id, exporter.format, path)
        written.push({ slide: name, ...one })
        progress(`exporting: ${written.length}/${slides.length} slides`)
      }
    return {
      nuclei: written.reduce((n, one) => n + one.nuclei, 0),
      files: written,
      seconds: (performance.now() - started) / 1000,
    }
  } finally {
    await workbench.close()
  }
}

function chosen(workbench: Workbench, wanted: string | undefined): { id: number; name: string }[] {
  const all = workbench.state().slides.map(({ id, name }) => ({ id, name, path: workbench.slidePath(id) }))
  if (all.length === 0)
    throw new FailureError('empty', message('exportNoSlides', { project: basename(workbench.path) }))
  if (wanted === undefined) return all
  const own = all.filter(({ name, path }) => name === wanted || basename(path) === wanted || path === resolve(wanted))
  if (own.length === 1) return own
  throw new FailureError(
    'not-found',
    message('exportWhichSlide', { slide: wanted, slides: all.map(({ name }) => name) }),
  )
}

const makeFolder = (path: string) =>
  mkdir(path, { recursive: true }).catch(() => {
    throw new FailureError('read-only', message('refused', { doing: 'makeFolder', path, reason: 'denied' }))
  })

const human = ({ files, seconds }: Awaited<ReturnType<typeof exportProject>>): string =>
  [
    ...files.map(
      ({ path, nuclei, outside, inPart }) =>
        `${path}: ${nuclei} nuclei` +
        (outside > 0 ? `; ${outside} outside the tissue are left out` : '') +
        (inPart ? '; only part of the slide was searched for nuclei' : ''),
    ),
    `${seconds.toFixed(1)} s`,
  ].join('\n')
