import { existsSync } from 'node:fs'
import * as ort from 'onnxruntime-node'
import { message, type Message, type ProviderReport } from '../../contract/index.ts'
import type { Graph, Value } from '../../../models/graph/graph.ts'
import { startSelfTest } from './selfTestProcess.ts'
import { graphSession, type GraphSession } from './session.ts'

/** The execution provider that the engine uses, and why not a faster one. */
export interface ProviderChoice {
  readonly name: string
  /** A sentence for the user. */
  readonly reason: Message
}

/** Maximum difference from the CPU's results. */
const tolerance = 1e-3
/** Minimum speed. Only a clearly faster provider is worth its start-up time and its lower numerical safety. */
const worthwhile = 1.2
/** Time limit of a self-test. A GPU driver may take this long to start; a slower one is no gain. */
const testSeconds = 30

const deviceOf = (provider: string) => message('deviceName', { provider })

/**
 * Tests every provider of this onnxruntime and returns the fastest one that agrees with the CPU. Each test runs in its
 * own process, because a bad driver may crash it. KARYON_PROVIDER=cpu (or another name) sets the provider without a
 * test.
 */
export async function chooseProvider(
  test: (name: string) => Promise<ProviderReport | Message> = (name) => testProvider(name),
): Promise<ProviderChoice> {
  const asked = process.env.KARYON_PROVIDER
  if (asked) return { name: asked, reason: message('providerSet', { provider: asked }) }
  const candidates = ort
    .listSupportedBackends()
    .filter(({ name, bundled }) => bundled && name !== 'cpu')
    .map(({ name }) => name)
  const reasons: Message[] = []
  let best: { name: string; speed: number } | undefined
  for (const name of candidates) {
    const report = await test(name)
    const device = deviceOf(name)
    if (!('difference' in report)) reasons.push(message('providerUnusable', { device, why: report }))
    else if (report.difference > tolerance) reasons.push(message('providerDiffers', { device, off: report.difference }))
    else if (report.speed < worthwhile) reasons.push(message('providerSlow', { device, times: report.speed }))
    else if (!best || report.speed > best.speed) best = { name, speed: report.speed }
  }
  if (!best) return { name: 'cpu', reason: message('processorUsed', { reasons }) }
  const { name, speed: times } = best
  return { name, reason: message('providerFaster', { device: deviceOf(name), times }) }
}

/** A Linux machine with a GPU has at least one of these device files. */
const linuxDevices = ['/dev/dri', '/dev/dxg', '/dev/nvidia0']
/** Environment variables that name a Vulkan driver, which may be a software driver. */
const driverVariables = ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES']
const mayHaveGraphics = (): boolean =>
  process.platform !== 'linux' ||
  linuxDevices.some((device) => existsSync(device)) ||
  driverVariables.some((name) => Boolean(process.env[name]))

/** Returns the report of a provider's self-test, or why there is none if it failed or took longer than `seconds`. */
export function testProvider(name: string, seconds = testSeconds): Promise<ProviderReport | Message> {
  if (!mayHaveGraphics()) return Promise.resolve(message('noGraphicsDevice'))
  return new Promise((resolve) => {
    const settle = (outcome: ProviderReport | Message) => {
      clearTimeout(timer)
      resolve(outcome)
      child.kill()
    }
    const timer = setTimeout(() => settle(message('selfTestLate', { seconds })), 1000 * seconds)
    const child = startSelfTest(
      name,
      (report) => settle(typeof report === 'string' ? message('providerError', { text: report }) : report),
      settle,
    )
  })
}

let chosen: Promise<ProviderChoice> | undefined
let fallback: ProviderChoice | undefined

/** Returns the engine's provider, tested once per process. */
export async function currentProvider(): Promise<ProviderChoice> {
  chosen ??= chooseProvider()
  return fallback ?? (await chosen)
}

/**
 * Returns a session on the engine's provider. If the provider fails, at the start or during work, the CPU replaces it
 * for good and answers the same call, so a driver error does not lose a job.
 */
export async function engineSession(
  graph: Graph,
  outputs: Record<string, Value>,
  make: typeof graphSession = graphSession,
): Promise<GraphSession> {
  let { name } = await currentProvider()
  let session: GraphSession
  const toCpu = async (error: unknown) => {
    if (name === 'cpu') throw error
    const why = error instanceof Error ? error.message.split('\n')[0].slice(0, 200) : String(error)
    const failed = message('providerFailed', { device: deviceOf(name), why })
    fallback = { name: 'cpu', reason: message('processorUsed', { reasons: [failed] }) }
    name = 'cpu'
    session = await make(graph, outputs)
  }
  try {
    session = await make(graph, outputs, { provider: name })
  } catch (error) {
    await toCpu(error)
  }
  return {
    get parameters() {
      return session.parameters
    },
    async run(feeds, into) {
      try {
        return await session.run(feeds, into)
      } catch (error) {
        await toCpu(error)
        return session.run(feeds, into)
      }
    },
    release: () => session.release(),
  }
}
