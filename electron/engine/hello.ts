import type { Handler } from './handler.ts'
import * as ort from 'onnxruntime-node'
import { currentProvider } from './runtime/providers.ts'

export const hello: Handler<'hello'> = async () => {
  const { name, reason } = await currentProvider()
  return { provider: name, providerReason: reason, onnxruntime: ort.env.versions.node ?? ort.env.versions.common }
}
