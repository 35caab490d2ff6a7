import { computed, ref, watch } from 'vue'

export type Theme = 'light' | 'dark'

/** The theme that the user chose; null: the system's. */
export const chosenTheme = ref<Theme | null>(null)
const system = ref<Theme>('light')

/** The theme that is shown. */
export const theme = computed<Theme>(() => chosenTheme.value ?? system.value)

export const toggleTheme = (): void => void (chosenTheme.value = theme.value === 'dark' ? 'light' : 'dark')

if (typeof document !== 'undefined') {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const follow = () => (system.value = dark.matches ? 'dark' : 'light')
  follow()
  dark.addEventListener('change', follow)
  watch(theme, (now) => (document.documentElement.dataset.theme = now), { immediate: true, flush: 'sync' })
}
