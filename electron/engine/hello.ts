import type { Handler } from './handler.ts'
import * as ort from 'onnxruntime-node'
import { engineThreads, memoryLimitMB } from './runtime/limits.ts'
import { currentProvider } from './runtime/providers.ts'

export const hello: Handler<'hello'> = async () => {
  const { name, reason } = await currentProvider()
  return {
    provider: name,
    providerReason: reason,
    onnxruntime: ort.env.versions.node ?? ort.env.versions.common,
    threads: engineThreads(),
    memoryMB: memoryLimitMB() ?? null,
  }
}
