import { Command, CommanderError } from 'commander'
import { verbs } from './verbs.ts'
import { applySettings } from '../launch/settings.ts'

const program = new Command('karyon')
  .description('See, correct and re-train the classification of every nucleus of an H&E slide. For research use only.')
  .showHelpAfterError()
  .exitOverride()
for (const verb of verbs) await verb(program)
// exitOverride is not inherited by commands added before it was set, so it is set on each.
for (const command of program.commands) command.exitOverride()

const complaint = applySettings()
if (complaint) process.stderr.write(`karyon: ${complaint}\n`)
try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
