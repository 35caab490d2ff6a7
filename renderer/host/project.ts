import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { assertNever } from '../../electron/contract/messages/failure.ts'
import type { HostEvent, ProjectState, ShownPatch } from '../../electron/contract/index.ts'
import { said } from '../said.ts'
import { host, showOpening } from './client.ts'
import { useNotices } from './notices.ts'
import { patchedState } from './patchedState.ts'

const retryAfter = 1_000 // ms

/**
 * The project state as last received from the host. It is read-only: every change goes through the host and comes back
 * as an event.
 */
export const useProject = defineStore('project', () => {
  const state = shallowRef<ProjectState | null>(null)
  const connection = ref<'connecting' | 'live' | 'lost'>('connecting')
  /**
   * The project that the host has open if it is not this page's: another one, or this page's project opened again.
   * Usually null.
   */
  const elsewhere = shallowRef<ProjectState['project'] | null>(null)
  const notices = useNotices()

  /** Takes the state if it belongs to the project that this page shows, and returns whether it does. */
  function take(now: ProjectState): boolean {
    const mine = state.value?.project
    const isMine = !mine || mine.opening === now.project.opening
    if (isMine || mine.path === now.project.path) showOpening(now.project.opening)
    elsewhere.value = isMine ? null : now.project
    if (isMine) state.value = now
    return isMine
  }

  const listeners = new Set<(shown: ShownPatch) => void>()

  /**
   * Registers a listener for patches of the shown classes. A change of all nuclei sends no patch, only a new
   * shownVersion of the slide.
   */
  function onShown(listener: (shown: ShownPatch) => void): void {
    listeners.add(listener)
  }

  /** Number of the newest patch received from the current stream. 0: its initial state; −1: nothing yet. */
  let patched = -1

  /**
   * Handles an event and returns whether to go on with the stream. After a lost patch it returns false; the next stream
   * begins with the full state.
   */
  function receive(event: HostEvent): boolean {
    switch (event.kind) {
      case 'state':
        patched = 0
        return take(event.state)
      case 'patch':
        if (!state.value || event.number !== patched + 1) return false
        patched = event.number
        // Before the state, so that the data whose new version it announces has already arrived.
        for (const shown of event.shown) listeners.forEach((listener) => listener(shown))
        state.value = patchedState(state.value, event.patch)
        return true
      case 'closed':
        return false
      case 'notice':
        notices.say(event.level, said(event.message))
        return true
      default:
        return assertNever(event)
    }
  }

  /** Follows the host until `signal` aborts, and reconnects when the host comes back. */
  async function follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        // Checks the state first: notices of another project are for the page that will show it.
        const isMine = take(await host.state(undefined, { signal }))
        connection.value = 'live'
        if (isMine) {
          patched = -1
          for await (const event of await host.events(undefined, { signal })) if (!receive(event)) break
          continue
        }
      } catch (error) {
        if (signal.aborted) return
        console.warn('The event stream ended.', error)
        connection.value = 'lost'
      }
      await new Promise((resolve) => setTimeout(resolve, retryAfter))
    }
  }

  const classes = computed(() => state.value?.classes ?? [])
  const slides = computed(() => state.value?.slides ?? [])
  const jobs = computed(() => state.value?.jobs ?? [])
  const models = computed(() => state.value?.models ?? [])
  const activeModel = computed(() => models.value.find((model) => model.id === state.value?.activeModelId) ?? null)
  const busy = computed(() => jobs.value.filter((job) => job.state === 'running' || job.state === 'waiting'))

  return { state, elsewhere, connection, follow, onShown, classes, slides, jobs, busy, models, activeModel }
})
