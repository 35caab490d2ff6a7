import { onBeforeUnmount, onMounted } from 'vue'
import { onCommand, takesText } from '../../keys/index.ts'
import { useRegions } from './store.ts'
import { useTissue } from './tissueStore.ts'

/** Registers the keys that begin a region. While a region is drawn, it takes Enter, Backspace and Escape for itself. */
export function useRegionKeys(): void {
  const regions = useRegions()

  function onKey(event: KeyboardEvent): void {
    if (takesText() || event.ctrlKey || event.metaKey || event.altKey) return
    const drawing: Record<string, () => unknown> = {
      Enter: regions.finish,
      Backspace: regions.takeBack,
      Escape: regions.cancel,
    }
    const act = regions.draft ? drawing[event.key] : undefined
    if (!act) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }
  onCommand('region', () => regions.begin('interest'))
  onCommand('addArea', () => regions.begin('added'))
  onCommand('excludeArea', () => regions.begin('excluded'))
  onCommand('tissue', useTissue().toggle)
  // Runs before the page's other keys, where Backspace and Escape also have a meaning.
  onMounted(() => window.addEventListener('keydown', onKey, { capture: true }))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey, { capture: true }))
}
