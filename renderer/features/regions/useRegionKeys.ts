import { onBeforeUnmount, onMounted } from 'vue'
import { onCommand, takesText } from '../../keys/index.ts'
import { useRegions } from './store.ts'
import { useTissue } from './tissueStore.ts'

/** The key that begins a region; while one is drawn Enter, Backspace and Escape are its own. */
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
  // Before the other keys of the page: Backspace and Escape mean something there too.
  onMounted(() => window.addEventListener('keydown', onKey, { capture: true }))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey, { capture: true }))
}
