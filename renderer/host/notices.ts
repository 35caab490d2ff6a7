import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Notice, NoticeLevel } from '../ui/notice.ts'
import { said } from '../said.ts'
import { strings } from '../strings.ts'
import { failureOf } from './client.ts'

const infoStays = 6_000 // ms; warnings and errors stay until dismissed

/** Messages to the user that belong to no panel: failures and the host's notices. */
export const useNotices = defineStore('notices', () => {
  const notices = ref<Notice[]>([])
  let nextId = 1

  function dismiss(id: number): void {
    notices.value = notices.value.filter((notice) => notice.id !== id)
  }

  /** Shows a message. The same message is not shown twice at a time. */
  function say(level: NoticeLevel, message: string): void {
    notices.value = notices.value.filter((notice) => notice.message !== message)
    const id = nextId++
    notices.value.push({ id, level, message })
    if (level === 'info') setTimeout(() => dismiss(id), infoStays)
  }

  /**
   * Shows why something failed: the failure's own message, or a general one if the failure was not expected.
   * Cancellation shows nothing.
   */
  function sayFailure(error: unknown): void {
    const failure = failureOf(error)
    if (failure?.kind === 'cancelled') return
    if (failure) return say('error', said(failure.message))
    console.error(error)
    say('error', strings.connection.unexpected)
  }

  /** Runs `work`. If it fails, shows a notice and returns undefined. */
  async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      sayFailure(error)
      return undefined
    }
  }

  return { notices, say, sayFailure, dismiss, attempt }
})
