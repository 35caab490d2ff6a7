import type { Handler } from './handler.ts'
import * as ort from 'onnxruntime-node'

export const hello: Handler<'hello'> = () =>
  Promise.resolve({
    provider: 'cpu',
    providerReason: 'The processor is used: it is the provider every figure of this version was measured on.',
    onnxruntime: ort.env.versions.node ?? ort.env.versions.common,
  })
