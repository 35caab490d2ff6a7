import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { temporaryFolder } from '../../support/cli.ts'
import { softwareGpu } from '../../support/softwareGpu.ts'
import type { WebGpuAnswer } from './webgpuChild.ts'

const noAdapter = 'Skipped: WebGPU finds no adapter here, neither a graphics card nor SwiftShader.'

function ask(): Promise<WebGpuAnswer | string> {
  const env: NodeJS.ProcessEnv = { ...process.env, ...softwareGpu(temporaryFolder()) }
  delete env.KARYON_PROVIDER
  const child = fork(fileURLToPath(new URL('./webgpuChild.ts', import.meta.url)), { stdio: 'ignore', env } as object)
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(message as WebGpuAnswer | string))
    child.once('exit', (code, signal) => resolve(`The process ended (${signal ?? `code ${code}`}).`))
  })
}

describe('WebGPU', () => {
  let answer: WebGpuAnswer | string
  beforeAll(async () => (answer = await ask()), 180_000)
  const found = (context: TestContext): WebGpuAnswer => {
    if (typeof answer !== 'string') return answer
    if (!/adapter/i.test(answer)) throw new Error(answer)
    process.stderr.write(`${noAdapter}\n`)
    return context.skip(noAdapter)
  }

  it('gives the processor’s tokens to 1e-4, encoding and training', (context) => {
    const { encoder, tokens } = found(context)
    expect(encoder).toBeLessThanOrEqual(1e-4)
    expect(tokens).toBeLessThanOrEqual(1e-4)
  })
  it('gives the processor’s gradients to 1e-4', (context) => {
    const all = Object.entries(found(context).gradients)
    expect(all.length).toBeGreaterThan(20)
    for (const [name, off] of all) expect(off, name).toBeLessThanOrEqual(1e-4)
  })
  it('gives the processor’s tokens to 1e-3 and gradients to 1e-3 of their size through a stem', (context) => {
    const { encoder, tokens, gradients } = found(context).stem
    expect(encoder).toBeLessThanOrEqual(1e-3)
    expect(tokens).toBeLessThanOrEqual(1e-3)
    const all = Object.entries(gradients)
    expect(all.filter(([name]) => name.startsWith('stem.')).length).toBe(66)
    for (const [name, off] of all) expect(off, name).toBeLessThanOrEqual(1e-3)
  })
  it('is tried by the engine, which rejects a software renderer and says why', (context) => {
    expect(found(context).reason).toMatch(/GPU \(WebGPU\) (works but is no faster|is .* as fast)/)
  })
})
