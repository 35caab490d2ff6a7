import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { random } from '../../models/nn/random.ts'
import type { NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import type { CropFeeds } from '../../models/nucleusVit/crop.ts'
import type { CropJob } from '../../electron/engine/encode/cropWorker.ts'
import { levelZeroBoxes } from '../../electron/engine/encode/cropReader.ts'
import { prefetchedCrops } from '../../electron/engine/encode/cropPrefetch.ts'
import { encodedCrops } from '../../electron/engine/encode/encodedCrops.ts'
import { encoderOf, type Network } from '../../electron/engine/encode/encoder.ts'
import { passEncoder } from '../../electron/engine/encode/passEncoder.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'

/** µm/px of the slide and of the model. They differ so that every region is resampled, as on real slides. */
const slideMpp = 0.25
const modelMpp = 0.3125
/** Side of the slide in multiples of the network's input. This gives 49 crops. */
const slideInInputs = 7
/**
 * One in this many crops is kept for the bare network, from all over the slide. All would need hundreds of megabytes.
 */
const keepEvery = 4

/** Returns the crops per second of whole-slide classification divided by the bare network's on crops of the same slide,
 * measured alternately. The first crops are not timed, because opening the slide and starting threads happen only once,
 * however large the slide is.
 * @param nucleiPerCrop average number of nuclei in a crop
 */
export async function wholeSlideRatio(
  rounds: number,
  network: Omit<Network, 'mpp'>,
  nucleiPerCrop: number,
  breathe: () => Promise<void>,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'karyon-bench-'))
  try {
    const job = await tissueLikeSlide(join(folder, 'slide.tif'), network.config, nucleiPerCrop)
    const kept: CropFeeds[] = []
    let read = 0
    for await (const { feeds, giveBack } of prefetchedCrops(job)) {
      if (read++ % keepEvery === 0) kept.push(structuredClone(feeds))
      giveBack(feeds)
    }
    const bare = await encoderOf(network)
    const pass = await passEncoder(network)
    async function* bareCrops() {
      for (const feeds of kept) yield await bare.run(feeds)
    }
    const ratios: number[] = []
    for (let round = 0; round < rounds; round++) {
      const whole = await secondsPerCrop(encodedCrops(job, pass), pass.atOnce, breathe)
      ratios.push((await secondsPerCrop(bareCrops(), 1, breathe)) / whole)
    }
    pass.close()
    return ratios.sort((a, b) => a - b)[ratios.length >> 1]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Returns the wall-clock seconds per crop after the first `warmUp` crops. */
async function secondsPerCrop(
  crops: AsyncIterable<unknown>,
  warmUp: number,
  breathe: () => Promise<void>,
): Promise<number> {
  let started = 0
  let count = 0
  for (const each = crops[Symbol.asyncIterator](); !(await each.next()).done;) {
    await breathe()
    if (++count === warmUp) started = performance.now()
  }
  return (performance.now() - started) / 1000 / (count - warmUp)
}

/**
 * Writes a tiled JPEG of dark discs on a cloudy, grainy background. It is about as hard to decode as stained tissue.
 */
async function tissueLikeSlide(path: string, config: NucleusVitConfig, nucleiPerCrop: number): Promise<CropJob> {
  const side = slideInInputs * config.imageSize
  const crop = (config.imageSize * modelMpp) / slideMpp
  const rng = random(3)
  const coarse = Math.ceil(side / 12)
  const clouds = Uint8Array.from({ length: coarse * coarse * 3 }, (_, i) => [190, 130, 180][i % 3] + rng.below(60))
  const raw = { width: coarse, height: coarse, channels: 3 } as const
  const rgb = await sharp(clouds, { raw }).resize(side, side, { kernel: 'cubic' }).raw().toBuffer()
  const boxes = Array.from({ length: Math.round(nucleiPerCrop * (side / crop) ** 2) }, () => {
    const size = 18 + rng.below(20)
    return { x: rng.below(side - size), y: rng.below(side - size), size }
  })
  for (const { x, y, size } of boxes)
    for (let v = 0; v < size; v++)
      for (let u = 0; u < size; u++)
        if (Math.hypot(u - size / 2, v - size / 2) < size / 2)
          for (let c = 0; c < 3; c++) rgb[((y + v) * side + x + u) * 3 + c] *= [0.45, 0.4, 0.7][c]
  for (let i = 0; i < rgb.length; i++) rgb[i] = Math.min(255, rgb[i] + rng.below(12))
  await sharp(rgb, { raw: { width: side, height: side, channels: 3 } })
    .blur(0.7)
    .tiff({ tile: true, compression: 'jpeg', quality: 85 })
    .toFile(path)
  const nuclei = nucleiFromOutlines(
    boxes.map(({ x, y, size }) => [x, y, x + size, y, x + size, y + size, x, y + size]),
    'detected',
  )
  return { slide: path, mpp: slideMpp, boxes: levelZeroBoxes(nuclei), config, modelMpp }
}
