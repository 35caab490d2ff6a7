import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { OpenSlideUse, SettingsChange, SettingsView } from '../../../electron/contract/index.ts'
import { failureOf, host, useNotices } from '../../host/index.ts'
import { language } from '../../language.ts'
import { said } from '../../said.ts'
import { chosenTheme } from '../../theme.ts'

/** The settings of this workstation. The host keeps them: a page's own memory is lost with its port. */
export const useSettings = defineStore('settings', () => {
  const notices = useNotices()
  const isOpen = ref(false)
  /** The host's last answer; undefined before it. */
  const view = shallowRef<SettingsView>()
  /** undefined while the library is looked for. */
  const openSlide = shallowRef<OpenSlideUse>()

  /** Why something failed while the dialog is open: it would hide a notice. */
  const trouble = ref('')

  async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      const failure = failureOf(error)
      if (failure && isOpen.value) trouble.value = said(failure.message)
      else notices.sayFailure(error)
      return undefined
    }
  }

  async function refresh(): Promise<void> {
    view.value = (await attempt(() => host.settings.read())) ?? view.value
  }

  /** Takes language and theme from the host, and from then on tells it when they change. */
  async function load(): Promise<void> {
    await refresh()
    const kept = view.value?.settings
    if (kept?.language) language.value = kept.language
    chosenTheme.value = kept?.theme ?? null
    watch(language, (now) => void change({ language: now }))
    watch(chosenTheme, (now) => void change({ theme: now }))
  }

  async function change(wanted: SettingsChange): Promise<void> {
    trouble.value = ''
    await attempt(() => host.settings.change(wanted))
    await refresh()
  }

  async function open(): Promise<void> {
    isOpen.value = true
    trouble.value = ''
    void refresh()
    openSlide.value = await attempt(() => host.settings.openSlide())
  }

  async function emptyCache(): Promise<void> {
    trouble.value = ''
    await attempt(() => host.settings.emptyCache())
    await refresh()
  }

  return { isOpen, view, openSlide, trouble, load, change, open, emptyCache }
})
