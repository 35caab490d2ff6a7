import type { EngineCalls, EngineMethod } from '../../contract/index.ts'
import type { Engine } from '../../launch/engineClient.ts'

/**
 * Calls the engine and hands its progress to `onProgress` while it runs. If `onProgress` throws (a full disk, for
 * example), the engine stops and the call throws that error. Thrown in the message handler, it would end the whole
 * host.
 */
export async function callEngine<M extends EngineMethod>(
  engine: Engine,
  method: M,
  params: EngineCalls[M]['params'],
  signal: AbortSignal,
  onProgress: (progress: EngineCalls[M]['progress']) => void,
): Promise<EngineCalls[M]['result']> {
  const controller = new AbortController()
  let thrown: { error: unknown } | undefined
  try {
    const result = await engine.call(method, params, {
      signal: AbortSignal.any([signal, controller.signal]),
      onProgress: (progress) => {
        if (thrown) return
        try {
          onProgress(progress)
        } catch (error) {
          thrown = { error }
          controller.abort()
        }
      },
    })
    if (thrown) throw thrown.error
    return result
  } catch (error) {
    throw thrown ? thrown.error : error
  }
}
