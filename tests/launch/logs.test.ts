import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { appFolder, logFolder } from '../../electron/launch/appFolder.ts'
import { connectEngine, forkEngine } from '../../electron/launch/engineClient.ts'
import { Log, withoutPaths } from '../../electron/launch/logs.ts'
import { temporaryFolder } from '../store/temporary.ts'

test.each([
  ['Could not read /data/Doe, Jane/slide 7.svs: it is damaged.', 'Could not read <path>.svs: it is damaged.'],
  ['ENOENT: no such file, open C:\\Users\\jane\\Doe Jane\\a b.ndpi', 'ENOENT: no such file, open <path>.ndpi'],
  ['\\\\server\\Doe Jane\\x.svs went away', '<path>.svs went away'],
  ['in file:///home/jane/p.karyon now', 'in <path>.karyon now'],
  ['opened ~/Doe/x', 'opened <path>'],
  ['at /Doe', 'at <path>'],
  ['image/png, 3/4 and http://127.0.0.1:7/rpc', 'image/png, 3/4 and http://127.0.0.1:7/rpc'],
])('a log keeps no path: %s', (text, kept) => {
  expect(withoutPaths(text)).toBe(kept)
})

test('a stack trace still names Karyon’s own files', () => {
  const { stack = '' } = new Error('x')
  const own = stack.replaceAll('tests/launch/logs.test.ts', 'electron/launch/x.ts')
  expect(withoutPaths(own)).toContain('launch/x.ts')
})

test('a log never grows beyond its limits, and keeps the newest lines', () => {
  const folder = temporaryFolder()
  const log = new Log('host', folder, { bytes: 1_000, files: 3, crashes: 2 })
  for (let k = 0; k < 200; k++) log.write('info', `line ${k} ${'x'.repeat(k % 90)}`)
  log.write('error', 'y'.repeat(5_000))
  const files = readdirSync(folder)
  expect(files.sort()).toEqual(['host.1.log', 'host.2.log', 'host.log'])
  for (const file of files) expect(statSync(join(folder, file)).size).toBeLessThanOrEqual(1_000)
  expect(readFileSync(join(folder, 'host.1.log'), 'utf8')).toContain('line 199 ')
  for (let k = 0; k < 4; k++) log.crash(new Error(`of /data/Doe/${k}.svs`))
  expect(readdirSync(folder).filter((file) => file.startsWith('crash-')).length).toBeLessThanOrEqual(2)
})

test('Karyon goes on when its log cannot be written', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'file'), '')
  expect(() => new Log('host', join(folder, 'file')).crash(new Error('x'))).not.toThrow()
})

test('what a process complains of is in its log, and a crash leaves a report without paths', () => {
  const home = temporaryFolder()
  const logs = new URL('../../electron/launch/logs.ts', import.meta.url).href
  const script = `const { keepLog } = await import(${JSON.stringify(logs)})
    keepLog('host')
    console.error('damaged: /data/Doe Jane/slide.svs')
    Promise.reject(new Error('lost /data/Doe Jane/p.karyon'))`
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, KARYON_HOME: home },
  })
  expect(ran.status).toBe(1)
  const folder = logFolder(appFolder({ KARYON_HOME: home }))
  const log = readFileSync(join(folder, 'host.log'), 'utf8')
  expect(log).toMatch(/ error damaged: <path>\.svs\n/)
  const report = readdirSync(folder).find((name) => name.startsWith('crash-'))!
  const text = readFileSync(join(folder, report), 'utf8')
  expect(text).toContain('Error: lost <path>.karyon')
  expect(log + text).not.toContain('Doe')
})

/** Starts an engine whose process first runs `script`, and returns its log once it says `until`. */
async function logOfEngine(script: string, until: RegExp): Promise<string> {
  const folder = temporaryFolder()
  const first = join(folder, 'first.cjs')
  writeFileSync(first, script)
  const { execArgv } = process
  process.execArgv = [...execArgv, '--require', first]
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockReturnValue(true)
  const engine = connectEngine(forkEngine(new Log('engine', folder)))
  try {
    await engine.call('hello', {}).catch(() => undefined)
    await engine.close()
    await expect.poll(() => readFileSync(join(folder, 'engine.log'), 'utf8'), { timeout: 60_000 }).toMatch(until)
    return readFileSync(join(folder, 'engine.log'), 'utf8')
  } finally {
    process.execArgv = execArgv
    vi.restoreAllMocks()
  }
}

test('an engine’s log holds what it printed and the error that ended it, without paths', async () => {
  const script = `console.log('reading /data/Doe Jane/slide.svs')
    console.error('W:onnxruntime: slow')
    setTimeout(() => { throw new Error('lost /data/Doe Jane/tokens.bin') })`
  const log = await logOfEngine(script, /ended: .*\n/)
  expect(log).toMatch(/ info started, process \d+\n/)
  expect(log).toMatch(/ info reading <path>\.svs\n/)
  expect(log).toMatch(/ warning W:onnxruntime: slow\n/)
  expect(log).toMatch(/ warning Error: lost <path>\.bin\n/)
  expect(log).toMatch(/ error ended: it stopped with code 1\n$/)
  expect(log).not.toContain('Doe')
})

test('an engine’s log says by what the engine was ended, and when that was meant', async () => {
  const killed = await logOfEngine(`process.kill(process.pid, 'SIGKILL')`, /ended: .*\n/)
  expect(killed).toMatch(/ error ended: it was ended by SIGKILL\n$/)
  expect(await logOfEngine('', /ended: .*\n/)).toMatch(/ info ended: it was ended by SIGKILL\n$/)
})
