import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { binaryRoutes, inProject } from '../../electron/contract/index.ts'
import { serveChild } from '../serveChild.ts'
import { rate } from './rate.ts'

/** Connections of a browser to one server (HTTP/1.1), and the number of browsers. */
const perViewer = 6
const viewers = 4

/** Returns the tiles per second that `karyon serve` sends to four viewers at once, at random places of level 0. */
export async function tilesOverHttp(slide: string, folder: string, columns: number, rows: number, seconds: number) {
  const { link, close } = await serveChild(folder, slide, '--project', join(folder, 'bench.karyon'))
  try {
    const opened = await fetch(link, { redirect: 'manual' })
    const cookie = opened.headers.getSetCookie()[0].split(';')[0]
    const agent = new Agent({ keepAlive: true, maxSockets: viewers * perViewer })
    const tile = () => {
      const [x, y] = [columns, rows].map((count) => Math.floor(Math.random() * count))
      return new Promise<void>((resolve, reject) => {
        const path = inProject(1, binaryRoutes.tile(1, 0, x, y))
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
    await close()
  }
}
