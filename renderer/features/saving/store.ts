import { until, useEventListener } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { Message } from '../../../electron/contract/index.ts'
import { failureOf, useNotices, useProject } from '../../host/index.ts'
import { strings } from '../../strings.ts'
import { SaveQueue, type What } from './saveQueue.ts'

const retryAfter = 3_000 // ms between tries while a disk is full or away
/** What may pass by itself: somebody makes room, the drive comes back. */
const passing = new Set(['disk-full', 'away', 'read-only', 'busy'])

/**
 * The one way by which people's changes (labels, outlines, regions) reach the disk: in order, and kept here while the disk
 * is full or the host is away.
 */
export const useSaving = defineStore('saving', () => {
  const project = useProject()
  const notices = useNotices()
  /** Changes that are not on disk yet, oldest first. */
  const waiting = shallowRef<readonly What[]>([])
  const unsaved = computed(() => waiting.value.length)
  /** Why they are not, while that lasts. */
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
      // It can only be saved into its own project, so it waits until that is open again.
      await until(() => project.elsewhere?.path === project.state?.project.path).toBe(true)
      return true
    }
    // fetch() rejects with a TypeError where nobody answered.
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
  useEventListener(window, 'pagehide', () => queue.sendAll())
  useEventListener(window, 'beforeunload', (event) => {
    // With the host or the disk away, leaving would lose what is not saved: the browser asks.
    if (unsaved.value > 0 && (obstacle.value !== null || project.connection !== 'live')) event.preventDefault()
  })

  /** Sends a change after those before it. Resolves with the host's answer, rejects where the host refused for good. */
  const save = <T>(what: What, send: () => Promise<T>): Promise<T> => queue.add(what, send)
  /** `save` for a change that needs no answer here: a refusal becomes a notice, and the result undefined. */
  const change = <T>(send: () => Promise<T>, name: string) => notices.attempt(() => save({ name, count: 1 }, send))
  /** Tries again at once instead of after some seconds. */
  const retry = () => tryNow()
  /** Gives up all that is not on disk. */
  const forget = () => queue.forget()

  return { waiting, unsaved, obstacle, save, change, retry, forget }
})
