import { spawn } from 'node:child_process'

/**
 * `npm run check`: types, lint and format, two at a time, the longest first. Each prints what it found when it ends; fails where
 * one of them fails.
 */
const commands = [
  'eslint . --max-warnings 0',
  'tsc -b',
  'tsc --noEmit -p tests',
  'prettier --check --log-level warn .',
  'vue-tsc --noEmit -p renderer',
]
const atOnce = 2

function run(command: string): Promise<boolean> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  return new Promise((resolve) =>
    child.once('close', (code) => {
      if (code !== 0) process.stdout.write(`\n${command} failed:\n${output}`)
      resolve(code === 0)
    }),
  )
}

const waiting = [...commands]
const results = await Promise.all(
  Array.from({ length: atOnce }, async () => {
    let isGood = true
    for (let command = waiting.shift(); command; command = waiting.shift()) isGood = (await run(command)) && isGood
    return isGood
  }),
)
process.exitCode = results.every(Boolean) ? 0 : 1
