import type { EngineCalls, EngineMethod } from '../../contract/index.ts'
import type { Engine } from '../../launch/engineClient.ts'

/**
 * An engine call whose progress is put away while it runs. What `onProgress` throws (a full disk, say) stops the engine
 * and fails the call; thrown into the message handler it would take the whole host down.
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
