import { spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rate } from './rate.ts'

const cli = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../cli.ts' : '../../cli.js', import.meta.url))
/** Connections of a browser to one server (HTTP/1.1), and how many browsers look. */
const perViewer = 6
const viewers = 4

/** Tiles a second that `karyon serve` gives to four viewers at once, at random places of level 0. */
export async function tilesOverHttp(slide: string, folder: string, columns: number, rows: number, seconds: number) {
  const project = join(folder, 'bench.karyon')
  const child = spawn(process.execPath, [cli, 'serve', slide, '--project', project], {
    env: { ...process.env, KARYON_HOME: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  try {
    const link = await new Promise<URL>((resolve, reject) => {
      let output = ''
      child.stdout.on('data', (text: Buffer) => {
        output += text.toString()
        const match = /http:\/\/127\.0\.0\.1:\d+\/open\S*/.exec(output)
        if (match) resolve(new URL(match[0]))
      })
      child.once('exit', () => reject(new Error(`karyon serve ended: ${output}`)))
    })
    const opened = await fetch(link, { redirect: 'manual' })
    const cookie = opened.headers.getSetCookie()[0].split(';')[0]
    const agent = new Agent({ keepAlive: true, maxSockets: viewers * perViewer })
    const tile = () => {
      const [x, y] = [columns, rows].map((count) => Math.floor(Math.random() * count))
      return new Promise<void>((resolve, reject) => {
        const path = `/slides/1/tiles/0/${x}_${y}`
        request({ host: link.hostname, port: link.port, path, agent, headers: { cookie } }, (response) => {
          if (response.statusCode !== 200) reject(new Error(`The host answered ${response.statusCode} to ${path}.`))
          response.resume().once('end', resolve).once('error', reject)
        })
          .once('error', reject)
          .end()
      })
    }
    await rate(tile, viewers * perViewer, 1) // warm
    const perSecond = await rate(tile, viewers * perViewer, seconds)
    agent.destroy()
    return perSecond
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}
