import type { Page } from '@playwright/test'

/**
 * Cost of labelling one nucleus and of undoing it: bytes that the host sends, and time until the overlay shows the
 * change.
 */
export interface LabelCost {
  /** Maximum bytes of answers and events after one key press, including headers, until nothing more arrives. */
  readonly bytes: number
  /** Median time from the key press until a frame that shows the label is on the canvas; `slowestMs` is the slowest. */
  readonly ms: number
  readonly slowestMs: number
  readonly undoBytes: number
  readonly undoMs: number
  readonly undoSlowestMs: number
}

const rounds = 15
const quiet = 1_500 // ms without a byte; long, because late requests of the page count too

/** Labels nuclei in the middle of the stage one by one with a key and undoes each. The view must draw outlines. */
export async function measureLabels(page: Page): Promise<LabelCost> {
  const received = await countReceived(page)
  const labels: Cost[] = []
  const undos: Cost[] = []
  for (let round = 0; round < rounds; round++) {
    await page.evaluate('overlayBench.watchFrames()')
    await hover(page, round)
    await received.quiet()
    labels.push(await press(page, received, '12345'[round % 5], false))
    undos.push(await press(page, received, 'Control+z', true))
  }
  await received.stop()
  const [label, undo] = [summarise(labels), summarise(undos)]
  return { ...label, undoBytes: undo.bytes, undoMs: undo.ms, undoSlowestMs: undo.slowestMs }
}

interface Cost {
  readonly bytes: number
  readonly ms: number
}

async function press(page: Page, received: Received, key: string, isBack: boolean): Promise<Cost> {
  const before = received.bytes()
  await page.evaluate(`overlayBench.watchPress(${isBack})`)
  await page.keyboard.press(key)
  const ms = await page.evaluate<number>('overlayBench.press.done')
  await received.quiet()
  return { bytes: received.bytes() - before, ms }
}

/** Moves the mouse over a nucleus near the middle of the stage, usually a different one each time. */
async function hover(page: Page, round: number): Promise<void> {
  const box = await page.getByTestId('stage').boundingBox()
  if (!box) throw new Error('The page has no stage.')
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  await page.mouse.move(x - 200, y)
  for (let k = 0; k < 24; k++) {
    const angle = (round + k) * 2.4
    await page.mouse.move(x + (4 + k) * Math.cos(angle), y + (4 + k) * Math.sin(angle))
    const isOn = await page
      .getByTestId('hover')
      .waitFor({ timeout: 400 })
      .then(
        () => true,
        () => false,
      )
    if (isOn) return
  }
  throw new Error('There is no nucleus in the middle of the stage.')
}

interface Received {
  bytes(): number
  /** Resolves when nothing has arrived for `quiet` ms. */
  quiet(): Promise<void>
  stop(): Promise<void>
}

/** Counts the bytes of headers and bodies that the page receives. Streams are counted as they arrive. */
async function countReceived(page: Page): Promise<Received> {
  const session = await page.context().newCDPSession(page)
  let bytes = 0
  let last = performance.now()
  const take = (more: number) => {
    bytes += Math.max(0, more)
    last = performance.now()
  }
  session.on('Network.responseReceived', ({ response }) => take(response.encodedDataLength))
  session.on('Network.dataReceived', ({ dataLength, encodedDataLength }) => take(encodedDataLength || dataLength))
  await session.send('Network.enable')
  return {
    bytes: () => bytes,
    async quiet() {
      last = performance.now()
      while (performance.now() < last + quiet) await page.waitForTimeout(50)
    },
    stop: () => session.detach(),
  }
}

function summarise(costs: readonly Cost[]): { bytes: number; ms: number; slowestMs: number } {
  const times = costs.map(({ ms }) => ms).sort((a, b) => a - b)
  return {
    bytes: Math.max(...costs.map(({ bytes }) => bytes)),
    ms: times[times.length >> 1],
    slowestMs: times[times.length - 1],
  }
}

export const labelInWords = ({ bytes, ms, slowestMs, undoBytes, undoMs, undoSlowestMs }: LabelCost): string =>
  [
    `a label is shown after ${ms.toFixed(0)} ms (slowest ${slowestMs.toFixed(0)}) and brings ${kB(bytes)} from the host`,
    `its undo after ${undoMs.toFixed(0)} ms (slowest ${undoSlowestMs.toFixed(0)}) and ${kB(undoBytes)}`,
  ].join(', ')

const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`
