import { resolve } from 'node:path'
import { Option } from 'commander'
import { inEnglish, FailureError, message, type Language } from '../../contract/index.ts'
import { verifyEvidence, writeAtomically } from '../../formats/index.ts'
import { Workbench } from '../../host/index.ts'
import { connectEngine } from '../../launch/engineClient.ts'
import { installation } from '../../launch/installation.ts'
import { run, type Verb } from '../verb.ts'

/** karyon evidence …: writes a project's evidence pack, and checks one. */
export const evidence: Verb = (program) => {
  const command = program
    .command('evidence')
    .description('one file that proves a result: report, nuclei, log of labels, hashes of slides and models')
    .exitOverride()
  command
    .command('make')
    .description('write the evidence pack of a project')
    .exitOverride()
    .argument('<project>', 'project; it must not be open elsewhere')
    .option('-o, --output <zip>', 'new file (default: beside the project, with its name and the date)')
    .addOption(new Option('--language <name>', 'of the report').choices(['en', 'de']).default('en'))
    .option('--json', 'result as JSON on stdout')
    .action((project: string, options: { output?: string; language: Language; json?: boolean }) =>
      run(
        options,
        () => make(resolve(project), options),
        ({ path }) => `Wrote ${path}.`,
      ),
    )
  command
    .command('verify')
    .description('check every file and count of an evidence pack; exit code 1 where something is not as it was')
    .exitOverride()
    .argument('<zip>', 'evidence pack')
    .option('--in <folders...>', 'where the slides and models are, besides the pack’s own folder')
    .option('--json', 'result as JSON on stdout')
    .action((path: string, options: { in?: string[]; json?: boolean }) =>
      run(
        options,
        async () => {
          const result = await verifyEvidence(
            resolve(path),
            options.in?.map((folder) => resolve(folder)),
          )
          const said = { ...result, problems: result.problems.map(inEnglish), unseen: result.unseen.map(inEnglish) }
          if (said.problems.length > 0) process.exitCode = 1
          return said
        },
        ({ problems, unseen, files, nuclei, manifest }) =>
          [
            ...problems.map((problem) => `NOT AS IT WAS: ${problem}`),
            ...unseen,
            `${files} files, ${nuclei.toLocaleString('en')} nuclei on ${manifest.slides.length} slides counted again: ` +
              (problems.length > 0 ? `${problems.length} differences.` : 'all as they were.'),
          ].join('\n'),
      ),
    )
}

async function make(project: string, { output, language }: { output?: string; language: Language }) {
  const { version, builtInModels } = installation()
  const workbench = await Workbench.open({ project, engine: connectEngine(), builtInModels, version })
  try {
    if (workbench.state().slides.length === 0) throw new FailureError('empty', message('evidenceNoSlide'))
    const { name, pieces } = await workbench.evidence(language)
    const path = output === undefined ? resolve(project, '..', name) : resolve(output)
    await writeAtomically(path, pieces, { gzip: false })
    return { path }
  } finally {
    await workbench.close()
  }
}
