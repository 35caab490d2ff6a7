import { FailureError, message, inEnglish } from '../../contract/index.ts'
import { checkProject, compactProject, describeProject, mergeProjects, type Agreement } from '../../store/index.ts'
import { run, type Verb } from '../verb.ts'

interface Json {
  json?: boolean
}

/** karyon project …: maintains project files. They must not be open elsewhere. */
export const project: Verb = (program) => {
  const command = program.command('project').description('look after project files').exitOverride()
  const verb = (name: string, description: string) =>
    command.command(name).description(description).exitOverride().option('--json', 'result as JSON on stdout')

  verb('info', 'what is in a project, in numbers')
    .argument('<file>', 'project')
    .action((file: string, options: Json) => run(options, async () => describeProject(file), infoInWords))

  verb('check', 'read all of a project and compare it with its log; exit code 1 where something is wrong')
    .argument('<file>', 'project')
    .action((file: string, options: Json) =>
      run(
        options,
        async () => {
          const checked = checkProject(file)
          if (checked.problems.length > 0)
            throw new FailureError('unreadable', message('checkFailed', { problems: checked.problems }))
          return checked
        },
        ({ slides, nuclei, steps, repaired }) =>
          [
            `Sound: ${slides} slides, ${nuclei.toLocaleString('en')} nuclei, ${steps} steps in the log.`,
            ...repaired.map((what) => `Repaired: ${inEnglish(what)}.`),
          ].join('\n'),
      ),
    )

  verb('compact', 'give room back to the disk; detections and imports can then no longer be undone')
    .argument('<file>', 'project')
    .action((file: string, options: Json) =>
      run(
        options,
        async () => compactProject(file),
        ({ before, after }) => `${megabytes(before)} before, ${megabytes(after)} after.`,
      ),
    )

  verb('merge', 'put the labels of other copies of a project beside its own, in a new file; nothing is overwritten')
    .argument('<file>', 'project')
    .argument('<copies...>', 'copies of it that other readers labelled')
    .requiredOption('-o, --output <file>', 'the new project')
    .action((file: string, copies: string[], options: Json & { output: string }) =>
      run(options, async () => mergeProjects(file, copies, options.output), mergeInWords),
    )
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

const infoInWords = (p: ReturnType<typeof describeProject>): string =>
  [
    `${p.path}: ${megabytes(p.bytes)}, ${p.steps} steps in the log, reader ${p.reader ?? 'not named'}`,
    `classes: ${p.classes.join(', ') || 'none'}`,
    ...p.slides.map(
      (s) =>
        `slide ${s.id}: ${s.nuclei.toLocaleString('en')} nuclei, ${s.labelled} labelled, ${s.runs} runs (${s.path})`,
    ),
    ...p.readings.map((r) => `labels beside them: ${r.labels} by ${r.reader} (${r.file})`),
    ...p.missingSlides.map((path) => `not where it was: ${path}`),
  ].join('\n')

const mergeInWords = ({ output, readings, agreement }: ReturnType<typeof mergeProjects>): string =>
  [
    `Wrote ${output}.`,
    ...readings.map(
      (r) =>
        `${r.reader} (${r.file}): ${r.labels} labels beside those that were there` +
        (r.added ? `; ${r.added} of their nuclei were new and are added` : ''),
    ),
    ...agreement.map(agreementInWords),
  ].join('\n')

const agreementInWords = (a: Agreement): string =>
  `${a.first} and ${a.second} both labelled ${a.both} nuclei` +
  (a.kappa === null ? '.' : `, Cohen's κ ${a.kappa.toFixed(3)}, ${a.disputed.length} disputed.`)
