import { existsSync } from 'node:fs'
import * as ort from 'onnxruntime-node'
import type { SelfTestOutcome } from '../../contract/index.ts'
import type { Graph, Value } from '../../../models/graph/graph.ts'
import { startSelfTest } from './selfTestProcess.ts'
import { graphSession, type GraphSession } from './session.ts'

/** The execution provider that the engine uses, and why not a faster one. */
export interface ProviderChoice {
  readonly name: string
  /** A sentence for the user. */
  readonly reason: string
}

/** Maximum difference from the CPU's results. */
const tolerance = 1e-3
/** Minimum speed. Only a clearly faster provider is worth its start-up time and its lower numerical safety. */
const worthwhile = 1.2
/** Time limit of a self-test. A GPU driver may take this long to start; a slower one is no gain. */
const testSeconds = 30

const label: Record<string, string> = {
  webgpu: 'the GPU (WebGPU)',
  cuda: 'the GPU (CUDA)',
  dml: 'the GPU (DirectML)',
  coreml: 'the GPU or neural engine (Core ML)',
}

/**
 * Tests every provider of this onnxruntime and returns the fastest one that agrees with the CPU. Each test runs in its
 * own process, because a bad driver may crash it. KARYON_PROVIDER=cpu (or another name) sets the provider without a
 * test.
 */
export async function chooseProvider(
  test: (name: string) => Promise<SelfTestOutcome> = (name) => testProvider(name),
): Promise<ProviderChoice> {
  const asked = process.env.KARYON_PROVIDER
  if (asked) return { name: asked, reason: `Set by KARYON_PROVIDER=${asked}.` }
  const candidates = ort
    .listSupportedBackends()
    .filter(({ name, bundled }) => bundled && name !== 'cpu')
    .map(({ name }) => name)
  const reasons: string[] = []
  let best: { name: string; speed: number } | undefined
  for (const name of candidates) {
    const report = await test(name)
    const what = label[name] ?? name
    if (typeof report === 'string') reasons.push(`${what} cannot be used: ${report}`)
    else if (report.difference > tolerance)
      reasons.push(`${what} gave other numbers than the processor (off by ${report.difference.toExponential(1)})`)
    else if (report.speed < worthwhile)
      reasons.push(`${what} works but is no faster (${report.speed.toFixed(2)} × the processor)`)
    else if (!best || report.speed > best.speed) best = { name, speed: report.speed }
  }
  if (best)
    return {
      name: best.name,
      reason: `${label[best.name] ?? best.name} is ${best.speed.toFixed(1)} × as fast as the processor and agrees with it.`,
    }
  return {
    name: 'cpu',
    reason: reasons.length
      ? `The processor is used; ${reasons.join('; ')}.`
      : 'The processor is used; this onnxruntime brings no other provider.',
  }
}

/** A Linux machine with a GPU has at least one of these device files. */
const linuxDevices = ['/dev/dri', '/dev/dxg', '/dev/nvidia0']
/** Environment variables that name a Vulkan driver, which may be a software driver. */
const driverVariables = ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES']
const mayHaveGraphics = (): boolean =>
  process.platform !== 'linux' ||
  linuxDevices.some((device) => existsSync(device)) ||
  driverVariables.some((name) => Boolean(process.env[name]))

/** Returns the report of a provider's self-test, or a sentence if it failed or took longer than `seconds`. */
export function testProvider(name: string, seconds = testSeconds): Promise<SelfTestOutcome> {
  if (!mayHaveGraphics()) return Promise.resolve('this machine has no graphics device')
  return new Promise((resolve) => {
    const settle = (outcome: SelfTestOutcome) => {
      clearTimeout(timer)
      resolve(outcome)
      child.kill()
    }
    const timer = setTimeout(() => settle(`its self-test took longer than ${seconds} s`), 1000 * seconds)
    const child = startSelfTest(name, settle, (how) => settle(`its driver ended the self-test (${how})`))
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
    fallback = { name: 'cpu', reason: `The processor is used; ${label[name] ?? name} failed: ${why}` }
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
