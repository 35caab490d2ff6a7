import { ref, watch } from 'vue'
import { languageOf, type Language } from '../electron/contract/messages/message.ts'

export type { Language }
export const languages: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' }
const key = 'karyon.language'

const isLanguage = (name: string | null | undefined): name is Language => typeof name === 'string' && name in languages

/** The language kept from last time, else the first of the browser's that there is, else English. */
function first(): Language {
  const kept = globalThis.localStorage?.getItem(key)
  if (isLanguage(kept)) return kept
  return languageOf(globalThis.navigator?.languages ?? [])
}

/** The language of the page: sentences, numbers and dates follow it. */
export const language = ref<Language>(typeof document === 'undefined' ? 'en' : first())

/** Chooses a language, for this and later visits. */
export function setLanguage(chosen: Language): void {
  language.value = chosen
  globalThis.localStorage?.setItem(key, chosen)
}

if (typeof document !== 'undefined')
  watch(
    language,
    (now) => {
      document.documentElement.lang = now
      window.karyon?.setLanguage(now) // menu and native dialogs speak it too
    },
    { immediate: true },
  )
