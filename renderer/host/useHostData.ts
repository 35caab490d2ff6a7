import { shallowRef, watchEffect, type ShallowRef } from 'vue'
import { useNotices } from './notices.ts'

/**
 * Returns the host's answer and asks again whenever something that `ask` reads changes, such as the slide or its
 * versions. The value is undefined before the first answer, and while `ask` returns undefined because there is nothing
 * to ask for. A failure becomes a notice.
 */
export function useHostData<T>(
  ask: (signal: AbortSignal) => Promise<T> | undefined,
): Readonly<ShallowRef<T | undefined>> {
  const notices = useNotices()
  const data = shallowRef<T>()
  watchEffect((onCleanup) => {
    const controller = new AbortController()
    const { signal } = controller
    onCleanup(() => controller.abort())
    const answer = ask(signal)
    if (!answer) return void (data.value = undefined)
    answer.then(
      (value) => {
        if (!signal.aborted) data.value = value
      },
      (error: unknown) => {
        if (!signal.aborted) notices.sayFailure(error)
      },
    )
  })
  return data
}
