import { createSharedComposable } from '@vueuse/core'
import { ref, watchEffect, type Ref } from 'vue'

type Theme = 'light' | 'dark'
const key = 'karyon.theme'

/** Light or dark theme: the system's until the user chooses one. All callers share one state. */
export const useTheme = createSharedComposable((): { theme: Ref<Theme>; toggle: () => void } => {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const kept = localStorage.getItem(key)
  const chosen = ref<Theme | null>(kept === 'light' || kept === 'dark' ? kept : null)
  const theme = ref<Theme>('light')
  const update = () => (theme.value = chosen.value ?? (system.matches ? 'dark' : 'light'))
  update()
  system.addEventListener('change', update)
  watchEffect(() => (document.documentElement.dataset.theme = theme.value))
  return {
    theme,
    toggle() {
      chosen.value = theme.value === 'dark' ? 'light' : 'dark'
      localStorage.setItem(key, chosen.value)
      update()
    },
  }
})
