import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../store/temporary.ts'

const cli = fileURLToPath(new URL('../../electron/cli.ts', import.meta.url))

function karyon(folder: string, ...parameters: string[]) {
  const child: ChildProcess = spawn(process.execPath, [cli, ...parameters], {
    env: { ...process.env, KARYON_HOME: join(folder, 'home') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  let complained = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complained += text))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, said, complained }))
  /** Waits until `pattern` was said; its match. */
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(said)
      if (match) return match
      if (child.exitCode !== null) throw new Error(`It ended with code ${child.exitCode}: ${complained}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return { child, until, ended }
}

async function slideIn(folder: string): Promise<string> {
  const path = join(folder, 'a slide.png')
  await sharp({ create: { width: 128, height: 128, channels: 3, background: '#fff' } })
    .png()
    .toFile(path)
  return path
}

test('karyon serve opens a slide behind a one-time link, holds its project, and ends cleanly', async () => {
  const folder = temporaryFolder()
  const project = join(folder, 'p.karyon')
  const { child, until, ended } = karyon(folder, 'serve', await slideIn(folder), '--mpp', '0.25', '--project', project)
  const [, link, base] = await until(/((http:\/\/127\.0\.0\.1:\d+)\/open\?token=\S+)/)
  expect((await fetch(base)).status).toBe(401)
  const cookie = ((await fetch(link, { redirect: 'manual' })).headers.get('set-cookie') ?? '').split(';')[0]
  const state = await fetch(`${base}/rpc/state`, { method: 'POST', headers: { cookie } })
  expect(await state.json()).toMatchObject({ json: { slides: [{ name: 'a slide.png' }] } })

  const second = await karyon(folder, 'serve', '--project', project).ended
  expect(second.code).toBe(1)
  expect(second.complained).toMatch(/^karyon: The project .* can be open only once, and .* has it open/)
  expect(second.complained).not.toContain('    at ')

  child.kill('SIGTERM')
  expect((await ended).code).toBe(0)
  expect(existsSync(`${project}-owner`)).toBe(false)
})

test('karyon serve refuses what it cannot open with a sentence and exit code 1', async () => {
  const folder = temporaryFolder()
  const slide = await slideIn(folder)
  writeFileSync(join(folder, 'text.karyon'), 'a letter')
  for (const [parameters, sentence] of [
    [['missing.svs'], 'there is no such file'],
    [[slide], 'does not say how large its pixels are'],
    [['--project', join(folder, 'text.karyon')], 'is not a Karyon project'],
    [['--project', join(folder, 'missing', 'p.karyon')], 'there is no such file or folder'],
  ] as const) {
    const { code, complained } = await karyon(folder, 'serve', ...parameters).ended
    expect([parameters, code]).toEqual([parameters, 1])
    expect(complained).toContain(sentence)
    expect(complained).not.toContain('    at ')
  }
  expect((await karyon(folder, 'serve', '--port', 'ten').ended).code).toBe(2)
})

test('karyon serve without arguments opens the last project that still exists and says so; with --demo it opens the demo', async () => {
  const folder = temporaryFolder()
  const served = async (...parameters: string[]) => {
    const { child, until, ended } = karyon(folder, 'serve', ...parameters)
    const [, link, base] = await until(/((http:\/\/127\.0\.0\.1:\d+)\/open\?token=\S+)/)
    const cookie = ((await fetch(link, { redirect: 'manual' })).headers.get('set-cookie') ?? '').split(';')[0]
    const state = await fetch(`${base}/rpc/state`, { method: 'POST', headers: { cookie } })
    const { json } = (await state.json()) as { json: { project: { path: string } } }
    child.kill(parameters.includes('--demo') ? 'SIGKILL' : 'SIGTERM')
    return { path: json.project.path, said: (await ended).said }
  }
  const [first, second] = ['first', 'second'].map((name) => join(folder, `${name}.karyon`))
  await served('--project', first)
  await served('--project', second)
  const last = await served()
  expect(last.path).toBe(second)
  expect(last.said).toContain(`Opened the last project, ${second}.`)
  rmSync(second)
  expect((await served()).path, 'the newest is away').toBe(first)
  expect((await served('--demo')).path).toBe(join(folder, 'home', 'demo', 'demo.karyon'))
})
