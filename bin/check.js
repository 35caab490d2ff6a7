import { spawn } from 'node:child_process'

/**
 * `npm run check`: types, lint, format and licences, two commands at a time, the longest first. A command's output is printed when
 * it fails, and the check then fails too.
 */
const commands = [
  'eslint . --max-warnings 0',
  'tsc -b',
  'prettier --check --log-level warn .',
  'tsc --noEmit -p tests',
  'vue-tsc --noEmit -p renderer',
  'node bin/licences.js',
]
const atOnce = 2

/** Resolves with whether the command succeeded. */
function run(command) {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  return new Promise((resolve) =>
    child.once('close', (code) => {
      if (code !== 0) process.stdout.write(`\n${command}:\n${output}`)
      resolve(code === 0)
    }),
  )
}

const waiting = [...commands]
async function lane() {
  let isGood = true
  for (let command = waiting.shift(); command; command = waiting.shift()) isGood = (await run(command)) && isGood
  return isGood
}
const lanes = await Promise.all(Array.from({ length: atOnce }, lane))
process.exitCode = lanes.every(Boolean) ? 0 : 1
