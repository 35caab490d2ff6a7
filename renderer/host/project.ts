import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { assertNever } from '../../electron/contract/result.ts'
import type { HostEvent, ProjectState } from '../../electron/contract/index.ts'
import { host } from './client.ts'
import { useNotices } from './notices.ts'

const retryAfter = 1_000 // ms

/** The project as the host last told it. Read only: every change goes through the host and comes back as an event. */
export const useProject = defineStore('project', () => {
  const state = shallowRef<ProjectState | null>(null)
  const connection = ref<'connecting' | 'live' | 'lost'>('connecting')
  const notices = useNotices()

  function receive(event: HostEvent): void {
    switch (event.kind) {
      case 'state':
        state.value = event.state
        return
      case 'notice':
        notices.say(event.level, event.message)
        return
      default:
        assertNever(event)
    }
  }

  /** Follows the host until `signal` aborts, and comes back by itself when the host does. */
  async function follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const events = await host.events(undefined, { signal })
        state.value = await host.state(undefined, { signal })
        connection.value = 'live'
        for await (const event of events) receive(event)
      } catch (error) {
        if (signal.aborted) return
        console.warn('The event stream ended.', error)
      }
      connection.value = 'lost'
      await new Promise((resolve) => setTimeout(resolve, retryAfter))
    }
  }

  const classes = computed(() => state.value?.classes ?? [])
  const slides = computed(() => state.value?.slides ?? [])
  const jobs = computed(() => state.value?.jobs ?? [])
  const models = computed(() => state.value?.models ?? [])
  const activeModel = computed(() => models.value.find((model) => model.id === state.value?.activeModelId) ?? null)
  const busy = computed(() => jobs.value.filter((job) => job.state === 'running' || job.state === 'waiting'))

  return { state, connection, follow, classes, slides, jobs, busy, models, activeModel }
})
