import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { faultsOf } from '../desktop/checkPacked.ts'

/** A small app with everything that the check asks for. */
const whole: Readonly<Record<string, string>> = {
  'package.json': '{}',
  'dist/electron/main.js': `import { z } from 'zod'\nimport { a } from './shell/a.js'\n`,
  'dist/electron/shell/a.js': `export const a = sibling(import.meta.url, '../worker')\n`,
  'dist/electron/worker.js': '',
  'dist/electron/preload.cjs': '',
  'dist/electron/hostProcess.js': '',
  'dist/renderer/index.html': '',
  'resources/models/one/weights.bin': '',
  'node_modules/zod/package.json': '{ "main": "index.js", "dependencies": { "inner": "1" } }',
  'node_modules/zod/index.js': '',
  'node_modules/inner/package.json': '{}',
  'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node': '',
  'node_modules/@img/sharp-linux-x64/lib/sharp.node': '',
  'node_modules/@img/sharp-libvips-linux-x64/lib/libvips-cpp.so.42': '',
}
const isUnpacked = (path: string) => path.includes('.node') || path.includes('.so.')

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** Faults of an app with these files, packed from a checkout with those of `whole`. */
function faults(files: Readonly<Record<string, string>>, unpacked = isUnpacked): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-packed-'))
  folders.push(folder)
  const checkout = join(folder, 'checkout')
  for (const [path, content] of Object.entries(whole)) write(join(checkout, path), content)
  const tree: Record<string, unknown> = {}
  let body = ''
  for (const [path, content] of Object.entries(files)) {
    const parts = path.split('/')
    let at = tree
    for (const part of parts.slice(0, -1)) at = (at[part] ??= { files: {} }) && ((at[part] as never)['files'] as never)
    const isOutside = unpacked(path)
    at[parts.at(-1) ?? ''] = {
      size: content.length,
      ...(isOutside ? { unpacked: true } : { offset: `${body.length}` }),
    }
    if (isOutside) write(join(folder, 'resources/app.asar.unpacked', path), content)
    else body += content
  }
  const list = Buffer.from(JSON.stringify({ files: tree }))
  const head = Buffer.alloc(16)
  ;[4, list.length + 8, list.length + 4, list.length].forEach((value, i) => head.writeUInt32LE(value, 4 * i))
  mkdirSync(join(folder, 'resources'), { recursive: true })
  writeFileSync(join(folder, 'resources/app.asar'), Buffer.concat([head, list, Buffer.from(body)]))
  return faultsOf(folder, checkout)
}

test('a packed app with all that it loads has no fault', () => {
  expect(faults(whole)).toEqual([])
})

test.each([
  ['dist/electron/shell/a.js', /loads dist\/electron\/shell\/a\.js/],
  ['dist/electron/worker.js', /shell\/a\.js loads dist\/electron\/worker\.js/],
  ['dist/electron/preload.cjs', /preload\.cjs, which is not inside/],
  ['dist/renderer/index.html', /dist\/renderer\/index\.html is not inside/],
  ['resources/models/one/weights.bin', /weights\.bin is not inside/],
  ['node_modules/zod/package.json', /main\.js needs the package zod/],
  ['node_modules/zod/index.js', /zod lacks its own index\.js/],
  ['node_modules/inner/package.json', /zod needs the package inner/],
  ['node_modules/@img/sharp-libvips-linux-x64/lib/libvips-cpp.so.42', /libvips is not inside/],
])('a packed app without %s is refused', (missing, why) => {
  const rest = Object.fromEntries(Object.entries(whole).filter(([path]) => path !== missing))
  expect(faults(rest).join('\n')).toMatch(why)
})

test('native libraries within the archive and files of development are refused', () => {
  expect(faults(whole, () => false).join('\n')).toMatch(/sharp\.node is a native library within the archive/)
  expect(faults({ ...whole, 'tests/a.test.ts': '' })).toEqual(['tests/a.test.ts belongs to development.'])
})
