import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inEnglish } from '../../electron/contract/index.ts'
import { openSlide } from '../../electron/slides/index.ts'
import { pythonChild, type PythonChild } from '../pytorch/pythonChild.ts'

/** `npm run sweep -- <folder>`: every image of a folder, by Karyon and by Pillow. KARYON_PYTHON: the Python that has Pillow. */
const [folder = '.', ...flags] = process.argv.slice(2)
const python = process.env.KARYON_PYTHON ?? 'python3'
const script = fileURLToPath(new URL('./pillow.py', import.meta.url))

/** Endings of files that are no pictures. */
const noPictures = /\.(md|txt|py|json|geojson|xml|csv|html?|js|ts|ya?ml|zip|gz|license|rst|svg|pdf|exe|so|whl)$/i
/** Largest difference that rounding and the decoders of JPEG explain. */
const mostByRounding = 3
const mostMean = 1.5
const slowSeconds = 1
const maxPixels = 40e6

type Verdict = 'right' | 'wrong' | 'refused' | 'unknown' | 'too large' | 'no picture'
interface Row {
  readonly path: string
  readonly verdict: Verdict
  readonly seconds: number
  readonly words: string
}

async function look(path: string, pillow: PythonChild, out: string): Promise<Row> {
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const opened = await openSlide(path)
  if (!opened.ok) {
    const words = `${opened.failure.kind}: ${inEnglish(opened.failure.message)}`
    const answer = await pillow.ask<{ error?: string; mode?: string }>({ path, width: 0, height: 0, out })
    // What Pillow does not know either, and Karyon cannot name, is no picture, or damaged.
    const verdict = answer.error && opened.failure.kind === 'unreadable' ? 'no picture' : 'refused'
    return { path, verdict, seconds: 0, words: `${answer.error ? '' : `[Pillow reads it, ${answer.mode}] `}${words}` }
  }
  const slide = opened.value
  try {
    const { width, height, notices = [] } = slide.info
    const [w, h] = [width, height].map((side) => Math.min(side, 256))
    await slide.region({ x: 0, y: 0, width: w, height: h }, w, h)
    const first = seconds()
    const said = notices.map(inEnglish).join(' ')
    if (width * height > maxPixels) return { path, verdict: 'too large', seconds: first, words: said }
    const ours = await slide.region({ x: 0, y: 0, width, height }, width, height)
    const answer = await pillow.ask<{ error?: string; mode: string; width: number; height: number }>({
      path,
      width,
      height,
      out,
    })
    if (answer.error) return { path, verdict: 'unknown', seconds: first, words: `Pillow: ${answer.error}` }
    if (answer.width !== width || answer.height !== height)
      return {
        path,
        verdict: 'wrong',
        seconds: first,
        words: `${width} × ${height}, Pillow ${answer.width} × ${answer.height}; ${said}`,
      }
    const theirs = readFileSync(out)
    let most = 0
    let sum = 0
    for (let i = 0; i < theirs.length; i++) {
      const difference = Math.abs(theirs[i] - ours.data[i])
      if (difference > most) most = difference
      sum += difference
    }
    const mean = sum / theirs.length
    const isRight = most <= mostByRounding || (most < 40 && mean < mostMean)
    const words = `differs by ${most} at most, ${mean.toFixed(2)} in the mean (${answer.mode}); ${said}`
    return { path, verdict: isRight ? 'right' : 'wrong', seconds: first, words }
  } catch (error) {
    return { path, verdict: 'refused', seconds: seconds(), words: `pixels: ${(error as Error).message}` }
  } finally {
    await slide.close()
  }
}

const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !noPictures.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => statSync(path).size > 0)
  .sort()
const scratch = mkdtempSync(join(tmpdir(), 'karyon-sweep-'))

/** Pillow in a process of its own; a file that ends it is one that it cannot decode. */
function restarting(): PythonChild {
  let child = pythonChild(python, script)
  return {
    ask: <Answer>(request: object) =>
      child.ask<Answer>(request).catch(() => {
        child = pythonChild(python, script)
        return { error: 'it ended' } as Answer
      }),
    close: () => child.close(),
  }
}

const pillow = restarting()
const rows: Row[] = []
try {
  for (const path of files) rows.push(await look(path, pillow, join(scratch, 'pixels')))
} finally {
  pillow.close()
  rmSync(scratch, { recursive: true, force: true })
}
const isSlow = ({ seconds }: Row) => seconds > slowSeconds
for (const verdict of ['wrong', 'refused', 'unknown'] as const) {
  const those = rows.filter((row) => row.verdict === verdict)
  if (those.length === 0) continue
  console.log(`\n${verdict} (${those.length})`)
  for (const { path, words } of those) console.log(`  ${relative(folder, path)}: ${words}`)
}
const slow = rows.filter(isSlow)
if (slow.length > 0) console.log(`\nslow (${slow.length})`)
for (const { path, seconds } of slow)
  console.log(`  ${relative(folder, path)}: ${seconds.toFixed(1)} s to the first region`)
const countOf = (verdict: Verdict) => rows.filter((row) => row.verdict === verdict).length
const isWrongUnsaid = (row: Row) => row.verdict === 'wrong' && row.words.endsWith('; ')
console.log(
  `\n${rows.length} files: ${countOf('right')} right, ${countOf('wrong')} wrong (${rows.filter(isWrongUnsaid).length} without a notice), ` +
    `${countOf('refused')} refused, ${countOf('no picture')} no pictures or damaged, ${countOf('unknown')} not decoded by Pillow, ${countOf('too large')} too large to compare, ${slow.length} slow`,
)
if (flags.includes('--json')) console.log(JSON.stringify(rows))
process.exitCode = countOf('wrong') > 0 ? 1 : 0
