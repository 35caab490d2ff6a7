import { ref, watch } from 'vue'

export const languages = { en: 'English', de: 'Deutsch' } as const
export type Language = keyof typeof languages
const key = 'karyon.language'

const isLanguage = (name: string | null | undefined): name is Language => typeof name === 'string' && name in languages

/** The language kept from last time, else the first of the browser's that there is, else English. */
function first(): Language {
  const kept = globalThis.localStorage?.getItem(key)
  if (isLanguage(kept)) return kept
  const preferred = globalThis.navigator?.languages ?? []
  return preferred.map((name) => name.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en'
}

/** The language of the page: sentences, numbers and dates follow it. */
export const language = ref<Language>(typeof document === 'undefined' ? 'en' : first())

/** Chooses a language, for this and later visits. */
export function setLanguage(chosen: Language): void {
  language.value = chosen
  globalThis.localStorage?.setItem(key, chosen)
}

if (typeof document !== 'undefined')
  watch(language, (now) => (document.documentElement.lang = now), { immediate: true })
