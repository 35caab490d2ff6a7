import { MeasurementFailed } from '../../electron/cli/verb.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap, type SlideReader } from '../../electron/contract/index.ts'
import { findOpenSlide, openSlide, type OpenSlideLibrary } from '../../electron/slides/index.ts'
import { median, rate } from './rate.ts'
import { asJpeg, asJpeg2000, tileSide, tissueLike } from './tiles.ts'
import { tilesOverHttp } from './viewers.ts'
import { writeSlide } from './writeSlide.ts'

/**
 * Rates: tiles or regions of 256² px per second, at random places, eight in flight. Ratios: to OpenSlide in the same
 * run.
 */
export interface SlideBench {
  readonly openSlide: string
  readonly passThrough: { readonly tiles: number; readonly openSlide: number; readonly ratio: number }
  readonly regions: { readonly karyon: number; readonly openSlide: number; readonly ratio: number }
  readonly jpeg2000: { readonly karyon: number; readonly openSlide: number; readonly ratio: number }
  readonly firstTile: { readonly megabytes: number; readonly openMs: number; readonly tileMs: number }
  /** Tiles per second that the host sends to four viewers over HTTP. */
  readonly http: number
}

const inFlight = 8
const seconds = 1.5
/** Tiles per side, 40,000² px: 300 MB of JPEG and 6 GB of pixels, so that caches hardly ever hold a requested tile. */
const side = 157
const kinds = 32

/**
 * Measures synthetic slides in a temporary folder of 400 MB. Throws MeasurementFailed if OpenSlide is not installed.
 */
export async function benchSlides(rounds: number): Promise<SlideBench> {
  const found = await findOpenSlide()
  if ('missing' in found)
    throw new MeasurementFailed(
      `There is nothing to compare with: ${found.missing}. Install OpenSlide, or name its library in KARYON_OPENSLIDE.`,
    )
  const folder = await mkdtemp(join(tmpdir(), 'karyon-bench-'))
  try {
    const pictures = Array.from({ length: kinds }, (_, seed) => tissueLike(seed))
    const jpeg = join(folder, 'jpeg.svs')
    const bytes = await writeSlide(jpeg, {
      columns: side,
      rows: side,
      compression: 7,
      photometric: 6,
      blocks: await Promise.all(pictures.map(asJpeg)),
    })
    const jpeg2000 = join(folder, 'jpeg2000.svs')
    await writeSlide(jpeg2000, {
      columns: side,
      rows: side,
      compression: 33005,
      photometric: 2,
      blocks: await asJpeg2000(pictures),
      isShared: true,
    })
    const firstTile = await measureFirstTile(jpeg, bytes)
    const [jpegRates, waveletRates] = [
      await measure(jpeg, found.library, rounds),
      await measure(jpeg2000, found.library, rounds),
    ]
    return {
      openSlide: found.library.version,
      passThrough: ratioOf(jpegRates, 'tiles', 'theirTiles', (tiles, openSlide) => ({ tiles, openSlide })),
      regions: ratioOf(jpegRates, 'regions', 'theirRegions', (karyon, openSlide) => ({ karyon, openSlide })),
      jpeg2000: ratioOf(waveletRates, 'regions', 'theirRegions', (karyon, openSlide) => ({ karyon, openSlide })),
      firstTile,
      http: await tilesOverHttp(jpeg, folder, side, side, 2 * seconds),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Measures the time from opening a slide to the bytes of a tile in its middle. */
async function measureFirstTile(path: string, bytes: number) {
  const began = performance.now()
  const slide = unwrap(await openSlide(path))
  const opened = performance.now()
  await slide.tile(0, side >> 1, side >> 1)
  const shown = performance.now()
  await slide.close()
  return { megabytes: bytes / 1e6, openMs: opened - began, tileMs: shown - opened }
}

type Rates = Record<'tiles' | 'theirTiles' | 'regions' | 'theirRegions', number>

/** Measures one slide with Karyon and with OpenSlide, alternately. */
async function measure(path: string, library: OpenSlideLibrary, rounds: number): Promise<Rates[]> {
  const ours = unwrap(await openSlide(path))
  const theirs = await library.open(path)
  if (theirs === null) throw new MeasurementFailed(`OpenSlide does not open ${path}.`)
  try {
    const work = workOn(ours, library, theirs)
    for (const warm of Object.values(work)) await rate(warm, inFlight, 0.3)
    const found: Rates[] = []
    for (let round = 0; round < rounds; round++)
      found.push({
        tiles: await rate(work.tiles, inFlight, seconds),
        theirTiles: await rate(work.theirTiles, inFlight, seconds),
        regions: await rate(work.regions, inFlight, seconds),
        theirRegions: await rate(work.theirRegions, inFlight, seconds),
      })
    return found
  } finally {
    await library.close(theirs)
    await ours.close()
  }
}

function workOn(ours: SlideReader, library: OpenSlideLibrary, theirs: bigint) {
  const random = (most: number) => Math.floor(Math.random() * most)
  const read = async (x: number, y: number) => {
    await library.readRegion(theirs, new Uint8Array(tileSide * tileSide * 4), x, y, 0, tileSide, tileSide)
    const error = library.error(theirs)
    if (error !== null) throw new MeasurementFailed(`OpenSlide reports "${error}".`)
  }
  const inside = (side - 1) * tileSide
  return {
    tiles: () => ours.tile(0, random(side), random(side)),
    theirTiles: () => read(random(side) * tileSide, random(side) * tileSide),
    regions: () =>
      ours.region({ x: random(inside), y: random(inside), width: tileSide, height: tileSide }, tileSide, tileSide),
    theirRegions: () => read(random(inside), random(inside)),
  }
}

/** Returns the medians, over the rounds, of two rates and of their ratio. */
function ratioOf<T extends object>(
  rates: readonly Rates[],
  mine: keyof Rates,
  theirs: keyof Rates,
  name: (mine: number, theirs: number) => T,
): T & { ratio: number } {
  const [a, b] = [mine, theirs].map((key) => median(rates.map((round) => round[key])))
  return { ...name(a, b), ratio: median(rates.map((round) => round[mine] / round[theirs])) }
}

/** Describes the measurements of slides in words. */
export const slidesInWords = (r: SlideBench): string =>
  [
    `beside OpenSlide ${r.openSlide}, 256² a second:`,
    `tiles passed through: ${r.passThrough.tiles.toFixed(0)}, ${r.passThrough.ratio.toFixed(1)} ×`,
    `regions decoded from JPEG: ${r.regions.karyon.toFixed(0)}, ${r.regions.ratio.toFixed(2)} ×`,
    `regions decoded from JPEG 2000: ${r.jpeg2000.karyon.toFixed(0)}, ${r.jpeg2000.ratio.toFixed(2)} ×`,
    `first tile of ${r.firstTile.megabytes.toFixed(0)} MB: ${r.firstTile.tileMs.toFixed(0)} ms after ${r.firstTile.openMs.toFixed(0)} ms to open`,
    `four viewers over HTTP: ${r.http.toFixed(0)} tiles a second`,
  ].join('\n')
