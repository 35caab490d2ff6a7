import { connect } from 'node:net'
import { request } from 'node:http'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import { binaryRoutes } from '../../../electron/contract/index.ts'
import { largestRequest, withinLimit } from '../../../electron/host/http/bodyLimit.ts'
import { listen } from '../../../electron/host/http/listen.ts'
import { temporaryHost } from '../temporaryWorkbench.ts'

/** A request whose body's length is not said. */
function streamed(text: string): Request {
  const init = { method: 'POST', body: new Blob([text]).stream(), duplex: 'half' }
  return new Request('http://127.0.0.1/rpc/x', init)
}

test('a body that is too large is refused with 413, whether its length is said or not, and the host goes on', async () => {
  const { host, cookie, fetch } = await temporaryHost()
  const said = await new Promise<number>((resolve, reject) => {
    const headers = { cookie, 'content-type': 'application/json', 'content-length': String(largestRequest + 1) }
    const sent = request({ port: host.port, host: '127.0.0.1', method: 'POST', path: '/rpc/labels/set', headers })
    sent.on('response', (answer) => resolve(answer.resume().statusCode ?? 0)).on('error', reject)
    sent.write('{')
  })
  expect(said).toBe(413)
  const unsaid = await withinLimit(
    streamed('x'.repeat(2_000)),
    async (limited) => new Response(await limited.text().catch(() => 'malformed'), { status: 400 }),
    1_000,
  )
  expect(unsaid.status).toBe(413)
  expect((await fetch('/rpc/state', { method: 'POST' })).status).toBe(200)
})

test('a body within the limit reaches its reader whole', async () => {
  const body = 'x'.repeat(1_000)
  const answer = await withinLimit(streamed(body), async (limited) => new Response(await limited.text()), 1_000)
  expect(await answer.text()).toBe(body)
})

/** Sends bytes and nothing more. Resolves with what came back once the host has closed the connection. */
function stuck(port: number, sent: string): Promise<string> {
  return new Promise((resolve) => {
    let said = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(sent))
    socket.setEncoding('latin1').on('data', (text: string) => (said += text))
    socket.on('close', () => resolve(said)).on('error', () => undefined)
  })
}

test('clients that send slowly, or take nothing of their answer, are cut off, and others are served meanwhile', async () => {
  let made = 0
  const endless = () =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1 << 16).fill((made += 1 << 16))) }),
    )
  const dropped = Promise.withResolvers<void>()
  const handler = async (got: Request) => {
    if (!got.url.endsWith('/endless')) return new Response(got.method === 'POST' ? await got.text() : 'here')
    got.signal.addEventListener('abort', () => dropped.resolve())
    return endless()
  }
  const host = await listen(0, () => handler, { headers: 200, request: 400, stalled: 300 })
  onTestFinished(() => host.close())
  const slow = [
    stuck(host.port, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '),
    stuck(host.port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'),
  ]
  const deaf = connect(host.port, '127.0.0.1', () => deaf.write('GET /endless HTTP/1.1\r\nHost: x\r\n\r\n'))
  deaf.pause().on('error', () => undefined)
  onTestFinished(() => void deaf.destroy())
  expect(await (await fetch(`http://127.0.0.1:${host.port}/`)).text()).toBe('here')
  for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^(HTTP\/1\.1 408|$)/)
  await dropped.promise
  expect(made, 'what nobody takes is not made').toBeLessThan(64 * 1024 * 1024)
  expect(await (await fetch(`http://127.0.0.1:${host.port}/`)).text()).toBe('here')
})

test('two hundred clients get their tiles at the same time, without the memory of two hundred slides', async () => {
  const { workbench, folder, fetch } = await temporaryHost()
  const side = 4096
  const path = join(folder, 'large.tif')
  await sharp({ create: { width: side, height: side, channels: 3, background: '#c080a0' } })
    .tiff({ tile: true, tileWidth: 256, tileHeight: 256, compression: 'jpeg' })
    .toFile(path)
  const slideId = await workbench.openSlide(path, 0.25)
  const tile = async (k: number) => {
    const answer = await fetch(binaryRoutes.tile(slideId, 0, k % 8, Math.floor(k / 8) % 8))
    return { status: answer.status, bytes: (await answer.arrayBuffer()).byteLength }
  }
  await tile(0)
  const before = process.memoryUsage().rss
  const [state, ...tiles] = await Promise.all([
    fetch('/rpc/state', { method: 'POST' }).then(({ status }) => ({ status, bytes: 1 })),
    ...Array.from({ length: 200 }, (_, k) => tile(k)),
  ])
  expect(state.status).toBe(200)
  expect(tiles.every(({ status, bytes }) => status === 200 && bytes > 100)).toBe(true)
  // One whole picture of this slide takes 48 MiB.
  expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(400)
})

test('a link in the folder of the page leads to nothing outside of it', async () => {
  const { page, folder, fetch } = await temporaryHost()
  writeFileSync(join(folder, 'secret.json'), '{"secret":1}')
  mkdirSync(join(folder, 'private'))
  writeFileSync(join(folder, 'private', 'secret.json'), '{"secret":1}')
  writeFileSync(join(page, 'own.json'), '{}')
  symlinkSync(join(folder, 'secret.json'), join(page, 'file.json'))
  symlinkSync(join(folder, 'private'), join(page, 'assets'))
  symlinkSync(join(page, 'own.json'), join(page, 'inside.json'))
  expect((await fetch('/file.json')).status).toBe(404)
  expect((await fetch('/assets/secret.json')).status).toBe(404)
  expect((await fetch('/inside.json')).status).toBe(200)
})
