import { onBeforeUnmount, onMounted, watch } from 'vue'
import { assertNever } from '../../../electron/contract/result.ts'
import { useProject } from '../../host/index.ts'
import { useAttention } from '../attention/index.ts'
import { useEmbedding } from '../embedding/index.ts'
import { useNuclei } from '../nuclei/index.ts'
import { useViewer } from '../viewer/index.ts'
import { keyAction, type KeyAction } from './keys.ts'
import { selectionAfterClick } from './selection.ts'
import { useLabelling } from './store.ts'

const takesText = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.matches('input, textarea, select') || target.closest('dialog') !== null)
/** Keys that the focused control itself needs. */
const controlKeys = new Set([' ', 'Enter', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'])

/** Mouse and keys on the slide: hover, select, label, undo, move. */
export function useStage(): void {
  const project = useProject()
  const viewer = useViewer()
  const nuclei = useNuclei()
  const labelling = useLabelling()
  const attention = useAttention()
  const embedding = useEmbedding()

  const idAt = (x: number, y: number): number | null => {
    const i = nuclei.at(x, y)
    return i < 0 || !nuclei.nuclei ? null : nuclei.nuclei.id[i]
  }

  function perform(action: KeyAction): void {
    switch (action.kind) {
      case 'label':
        return void labelling.label(action.classId)
      case 'unlabel':
        return void labelling.label(null)
      case 'undo':
        return void labelling.undo()
      case 'redo':
        return void labelling.redo()
      case 'toggleOverlay':
        nuclei.overlayVisible = !nuclei.overlayVisible
        return
      case 'toggleAttention':
        attention.toggle()
        return
      case 'toggleMap':
        embedding.open = !embedding.open
        return
      case 'deselect':
        nuclei.selectedIds = []
        return
      case 'zoom':
        return viewer.zoomBy(action.factor)
      case 'pan':
        return viewer.panBy(action.dx, action.dy)
      case 'home':
        viewer.home()
        return
      default:
        assertNever(action)
    }
  }

  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || takesText(event.target)) return
    const inControl = event.target instanceof HTMLElement && event.target.matches('button, a, [role="tab"]')
    if (inControl && controlKeys.has(event.key)) return
    const action = keyAction(event, project.classes)
    if (!action || (event.repeat && action.kind !== 'pan' && action.kind !== 'zoom')) return
    event.preventDefault()
    perform(action)
  }

  const stopClicks = viewer.onClick(({ x, y, shift }) => {
    nuclei.selectedIds = selectionAfterClick(nuclei.selectedIds, idAt(x, y), shift)
  })
  watch(
    () => viewer.pointer,
    (at) => (nuclei.hoveredId = at && idAt(at.x, at.y)),
  )
  onMounted(() => window.addEventListener('keydown', onKey))
  onBeforeUnmount(() => {
    stopClicks()
    window.removeEventListener('keydown', onKey)
  })
}
