import { onBeforeUnmount, onMounted } from 'vue'
import { assertNever } from '../../../electron/contract/result.ts'
import { takesText } from './takesText.ts'
import { viewAction } from './keys.ts'
import { magnification } from './scaleBar.ts'
import { useViewer } from './store.ts'

/** The keys of the view. What they take is not passed on to other keys of the page. */
export function useViewKeys(): void {
  const viewer = useViewer()

  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || takesText(event.target) || !viewer.transform) return
    const now = viewer.micronsPerPixel
    const action = viewAction(event, now && magnification(now))
    if (!action) return
    event.preventDefault()
    switch (action.kind) {
      case 'magnify':
        return viewer.magnify(action.to)
      case 'rotate':
        return viewer.rotateBy(action.degrees)
      case 'upright':
        viewer.upright()
        return
      default:
        assertNever(action)
    }
  }
  onMounted(() => window.addEventListener('keydown', onKey))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey))
}
