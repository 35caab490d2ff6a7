import { request } from 'node:http'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { binaryRoutes } from '../../../electron/contract/index.ts'
import { temporaryHost } from '../temporaryWorkbench.ts'

/** Sends a request whose path and headers reach the host unchanged. `fetch` would normalise both. */
function raw(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    sent.on('error', reject).end()
  })
}

const everyKindOfPath = ['/', '/rpc/state', binaryRoutes.drawn(1, 1), binaryRoutes.tile(1, 0, 0, 0), '/assets/x.js']

test('every request without the cookie is refused', async () => {
  const { base } = await temporaryHost()
  for (const path of everyKindOfPath) expect([path, (await fetch(base + path)).status]).toEqual([path, 401])
  const wrong = await fetch(`${base}/rpc/state`, { method: 'POST', headers: { cookie: 'karyon-1=abc' } })
  expect(wrong.status).toBe(401)
})

test('the link sets the cookie once and leads to the page, and no other token is accepted', async () => {
  const { host, base, opened, cookie } = await temporaryHost()
  expect([opened.status, opened.headers.get('location')]).toEqual([303, '/'])
  expect(opened.headers.get('set-cookie')).toMatch(/^karyon-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/)
  const link = host.link()
  expect((await fetch(link, { redirect: 'manual' })).status).toBe(303)
  expect((await fetch(link, { redirect: 'manual' })).status).toBe(403)
  expect((await fetch(`${base}/open?token=guess`, { redirect: 'manual' })).status).toBe(403)
  expect((await fetch(`${base}/open`, { redirect: 'manual' })).status).toBe(403)
  // In a browser that has the cookie, the link leads to the page and sets no new cookie.
  const again = await fetch(link, { redirect: 'manual', headers: { cookie } })
  expect([again.status, again.headers.get('set-cookie')]).toEqual([303, null])
})

test('requests for another Host, from a foreign Origin or from a foreign page are refused, even with the cookie', async () => {
  const { host, cookie, fetch: as } = await temporaryHost()
  for (const name of ['evil.example', `evil.example:${host.port}`, '127.0.0.1', `[::1]:${host.port}`])
    expect([name, (await raw(host.port, '/', { host: name, cookie })).status]).toEqual([name, 403])
  for (const origin of [
    'https://evil.example',
    'null',
    `http://127.0.0.1:${host.port + 1}`,
    `https://127.0.0.1:${host.port}`,
  ])
    expect([origin, (await as('/rpc/state', { method: 'POST', headers: { origin } })).status]).toEqual([origin, 403])
  for (const site of ['cross-site', 'same-site'])
    expect((await as(binaryRoutes.drawn(1, 1), { headers: { 'sec-fetch-site': site } })).status).toBe(403)
  const own = await as('/rpc/state', { method: 'POST', headers: { origin: `http://127.0.0.1:${host.port}` } })
  expect(own.status).toBe(200)
})

test('every response has the security headers and no CORS headers', async () => {
  const { base, fetch: as } = await temporaryHost()
  for (const response of [
    await as('/rpc/state', { method: 'POST' }),
    await as(binaryRoutes.drawn(1, 1)),
    await as('/nowhere.js'),
    await fetch(`${base}/`),
  ]) {
    const csp = response.headers.get('content-security-policy') ?? ''
    expect(csp).toContain("default-src 'self'")
    expect(csp).not.toMatch(/unsafe|\*/)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  }
  expect((await as('/rpc/state', { method: 'POST' })).headers.get('cache-control')).toBe('no-store')
})

test('only the files of the page are served', async () => {
  const { host, page, folder, cookie, fetch: as } = await temporaryHost()
  expect((await as('/')).status).toBe(503)
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>Karyon</title>')
  writeFileSync(join(page, '.hidden.js'), 'secret')
  mkdirSync(join(page, 'assets'))
  writeFileSync(join(page, 'assets', 'a-1.js'), 'export {}')
  writeFileSync(join(folder, 'secret.js'), 'secret')
  mkdirSync(`${page}-other`)
  writeFileSync(join(`${page}-other`, 'secret.js'), 'secret')
  const index = await as('/')
  expect([index.status, index.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect((await as('/assets/a-1.js')).headers.get('cache-control')).toContain('immutable')
  for (const path of [
    '/../secret.js',
    '/%2e%2e/secret.js',
    '/..%2fsecret.js',
    '/..%5csecret.js',
    '/assets/../../secret.js',
    '/../page-other/secret.js',
    '//secret.js',
    '/.hidden.js',
    '/assets',
    '/%00.js',
    '/%E0%A4%A.js',
  ]) {
    const { status, text } = await raw(host.port, path, { cookie })
    expect([path, status]).toEqual([path, path.endsWith('%A.js') ? 400 : 404])
    expect(text).not.toContain('secret')
  }
})
