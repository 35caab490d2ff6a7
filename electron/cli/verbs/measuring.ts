import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Command } from 'commander'
import { sibling } from '../../threads/index.ts'
import type { Verb } from '../verb.ts'

/** The verbs in `bench/`, which exists in a checkout but not in the installed app. */
const verbsOfBench = sibling(import.meta.url, '../../../bench/verbs')

/** `karyon bench` and `karyon loop`: measurements and self-checks, which are not part of the product. */
export const measuring: Verb = async (program) => {
  if (existsSync(verbsOfBench)) {
    const { verbs } = (await import(pathToFileURL(verbsOfBench).href)) as { verbs: readonly Verb[] }
    for (const verb of verbs) verb(program)
  } else for (const name of ['bench', 'loop']) notHere(program, name)
}

const notHere = (program: Command, name: string): Command =>
  program
    .command(name)
    .description('only in a checkout of Karyon’s source')
    .argument('[options...]')
    .allowUnknownOption()
    .action(() => {
      process.stderr.write(
        `karyon: "karyon ${name}" measures Karyon itself and comes with its source only. Run it in a checkout after npm ci.\n`,
      )
      process.exitCode = 1
    })
