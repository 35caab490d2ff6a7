import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { RecentProject } from '../../../electron/contract/index.ts'
import { failureOf, host, useNotices, useProject } from '../../host/index.ts'
import { said } from '../../said.ts'
import { strings } from '../../strings.ts'
import { useSaving } from '../saving/index.ts'

/** State of the projects: recent projects, and how to open or create another. */
export const useProjects = defineStore('projects', () => {
  const project = useProject()
  const saving = useSaving()
  const notices = useNotices()
  /** What the dialog is open for; null while it is closed. */
  const choosing = ref<'recent' | 'open' | 'create' | null>(null)
  const recent = shallowRef<readonly RecentProject[]>([])
  /** A switch of project that would stop running jobs: the titles of those jobs, and how to go on anyway. */
  const atStake = shallowRef<{ readonly work: readonly string[]; readonly goOn: () => void } | null>(null)
  const isOpening = ref(false)

  async function refresh(): Promise<void> {
    recent.value = (await notices.attempt(() => host.projects.recent())) ?? []
  }

  async function choose(what: 'recent' | 'open' | 'create' = 'recent'): Promise<void> {
    atStake.value = null
    if (what !== 'recent' && window.karyon) return chooseNatively(window.karyon, what)
    choosing.value = what
    if (what === 'recent') await refresh()
  }

  async function chooseNatively(shell: NonNullable<typeof window.karyon>, what: 'open' | 'create'): Promise<void> {
    if (what === 'open') {
      const path = await notices.attempt(() => shell.openProject(strings.projects.openTitle))
      if (path) await open(path)
    } else {
      const place = await notices.attempt(() => shell.newProject(strings.projects.createTitle))
      if (place) await create(place.folder, place.name)
    }
  }

  /** Asks the host for another project. When the host has opened it, the page reloads. */
  async function change(work: (stopWork: boolean) => Promise<unknown>): Promise<void> {
    if (saving.unsaved > 0) notices.say('warning', strings.projects.unsaved)
    else await attempt(work, false)
  }

  async function attempt(work: (stopWork: boolean) => Promise<unknown>, stopWork: boolean): Promise<void> {
    isOpening.value = true
    try {
      await work(stopWork)
      close()
    } catch (error) {
      if (failureOf(error)?.kind !== 'working') return notices.sayFailure(error)
      choosing.value ??= 'recent'
      atStake.value = { work: project.busy.map(({ title }) => said(title)), goOn: () => void attempt(work, true) }
    } finally {
      isOpening.value = false
    }
  }
  const open = (path: string) => change((stopWork) => host.projects.open({ path, stopWork }))
  const create = (folder: string, name: string) =>
    change((stopWork) => host.projects.create({ folder, name, stopWork }))

  /** Opens this page's own project again, because it has changes that are not saved yet. */
  const returnTo = (path: string) => attempt((stopWork) => host.projects.open({ path, stopWork }), false)

  async function forget(path: string): Promise<void> {
    await notices.attempt(() => host.projects.forget({ path }))
    await refresh()
  }

  function close(): void {
    choosing.value = null
    atStake.value = null
  }

  return { choosing, recent, atStake, isOpening, choose, open, create, returnTo, forget, close }
})
