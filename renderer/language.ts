import { ref, watch } from 'vue'
import { languageOf, type Language } from '../electron/contract/messages/message.ts'

export type { Language }
export const languages: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' }

/**
 * The language of the page: the first available one of the browser's languages, else English, until the settings or the
 * user name another. Texts, numbers and dates follow it.
 */
export const language = ref<Language>(
  typeof document === 'undefined' ? 'en' : languageOf(globalThis.navigator?.languages ?? []),
)

if (typeof document !== 'undefined')
  watch(
    language,
    (now) => {
      document.documentElement.lang = now
      window.karyon?.setLanguage(now) // menu and native dialogs use it too
    },
    { immediate: true },
  )
