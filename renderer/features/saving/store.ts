import { until, useEventListener } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { Message } from '../../../electron/contract/index.ts'
import { failureOf, useNotices, useProject } from '../../host/index.ts'
import { strings } from '../../strings.ts'
import { SaveQueue, type What } from './saveQueue.ts'

const retryAfter = 3_000 // ms between tries while the disk is full or away
/** Failures that may end by themselves: somebody frees space, or the drive comes back. */
const passing = new Set(['disk-full', 'away', 'read-only', 'busy'])

/**
 * Saves all of people's changes (labels, outlines, regions) to the disk, in order. Changes wait here while the disk is
 * full or the host is away.
 */
export const useSaving = defineStore('saving', () => {
  const project = useProject()
  const notices = useNotices()
  /** Changes that are not on disk yet, oldest first. */
  const waiting = shallowRef<readonly What[]>([])
  const unsaved = computed(() => waiting.value.length)
  /** Why they cannot be saved; null while nothing stands in the way. */
  const obstacle = shallowRef<Message | 'lost' | null>(null)
  let tryNow = () => {}

  async function canRetry(error: unknown): Promise<boolean> {
    const failure = failureOf(error)
    if (failure && passing.has(failure.kind)) {
      obstacle.value = failure.message
      await new Promise<void>((resolve) => {
        tryNow = resolve
        setTimeout(resolve, retryAfter)
      })
      return true
    }
    if (failure?.kind === 'closed') {
      // The change can only be saved into its own project, so it waits until that project is open again.
      await until(() => project.elsewhere?.path === project.state?.project.path).toBe(true)
      return true
    }
    // fetch() rejects with a TypeError if nobody answered.
    if (failure || !(error instanceof TypeError)) return false
    await new Promise((resolve) => setTimeout(resolve, retryAfter / 10))
    obstacle.value = 'lost'
    await until(() => project.connection === 'live').toBe(true)
    return true
  }
  const queue = new SaveQueue(canRetry, (changes) => {
    const isOneLess = changes.length < waiting.value.length
    waiting.value = changes
    if (!isOneLess || obstacle.value === null) return
    obstacle.value = null
    if (changes.length === 0) notices.say('info', strings.unsaved.saved)
  })
  // The desktop's window waits until all is saved, or something keeps it from being saved.
  window.karyon?.onClosing(() =>
    until(() => unsaved.value === 0 || obstacle.value !== null || project.connection !== 'live').toBe(true),
  )
  useEventListener(window, 'pagehide', () => queue.sendAll())
  useEventListener(window, 'beforeunload', (event) => {
    // If the host or the disk is away, leaving would lose unsaved changes, so the browser asks first.
    if (unsaved.value > 0 && (obstacle.value !== null || project.connection !== 'live')) event.preventDefault()
  })

  /**
   * Sends a change after all earlier ones. Resolves with the host's answer; rejects if the host refused it for good.
   */
  const save = <T>(what: What, send: () => Promise<T>): Promise<T> => queue.add(what, send)
  /** Like `save`, but a refusal becomes a notice and the result is undefined. */
  const change = <T>(send: () => Promise<T>, name: string) => notices.attempt(() => save({ name, count: 1 }, send))
  /** Tries again now instead of in a few seconds. */
  const retry = () => tryNow()
  /** Drops all changes that are not on disk. */
  const forget = () => queue.forget()

  return { waiting, unsaved, obstacle, save, change, retry, forget }
})
