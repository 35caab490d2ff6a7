import { ref, watch } from 'vue'
import { languageOf, type Language } from '../electron/contract/messages/message.ts'

export type { Language }
export const languages: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' }
const key = 'karyon.language'

const isLanguage = (name: string | null | undefined): name is Language => typeof name === 'string' && name in languages

/**
 * Returns the language stored by the last visit, else the first available one of the browser's languages, else English.
 */
function first(): Language {
  const kept = globalThis.localStorage?.getItem(key)
  if (isLanguage(kept)) return kept
  return languageOf(globalThis.navigator?.languages ?? [])
}

/** The language of the page. Texts, numbers and dates follow it. */
export const language = ref<Language>(typeof document === 'undefined' ? 'en' : first())

/** Sets the language for this and later visits. */
export function setLanguage(chosen: Language): void {
  language.value = chosen
  globalThis.localStorage?.setItem(key, chosen)
}

if (typeof document !== 'undefined')
  watch(
    language,
    (now) => {
      document.documentElement.lang = now
      window.karyon?.setLanguage(now) // menu and native dialogs use it too
    },
    { immediate: true },
  )
