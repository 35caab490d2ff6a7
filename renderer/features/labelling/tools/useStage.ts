import { useEventListener } from '@vueuse/core'
import { onBeforeUnmount, watch } from 'vue'
import { answers } from '../../../../electron/contract/api/classes.ts'
import { useProject } from '../../../host/index.ts'
import { onCommand, useKeys } from '../../../keys/index.ts'
import { useNuclei } from '../../nuclei/index.ts'
import { useViewer } from '../../viewer/index.ts'
import { modeOf, selectionAfterClick } from './selection.ts'
import { useLabelling } from '../store.ts'
import { useTools } from './tools.ts'
import { useNucleusKeys } from '../useNucleusKeys.ts'

/** Connects mouse and keys on the slide: hover, select, label, undo. */
export function useStage(): void {
  const project = useProject()
  const viewer = useViewer()
  const nuclei = useNuclei()
  const labelling = useLabelling()
  const tools = useTools()

  const idAt = (x: number, y: number): number | null => {
    const i = nuclei.at(x, y)
    return i < 0 || !nuclei.nuclei ? null : nuclei.nuclei.id[i]
  }

  // Fast users press the class key before they release the mouse button. The key then means the nucleus being clicked,
  // so it waits for the click.
  let pressed = false
  let afterClick: (() => void)[] = []
  const label = (classId: number | null): void => {
    if (pressed) afterClick.push(() => void labelling.label(classId))
    else void labelling.label(classId)
  }
  const labelWaiting = (): void => {
    const waiting = afterClick
    afterClick = []
    waiting.forEach((run) => run())
  }
  const release = (): void => {
    pressed = false
    // A press that turned into a pan gives no click. Its keys apply to what was selected before.
    if (afterClick.length > 0) setTimeout(labelWaiting)
  }
  useEventListener(
    window,
    'pointerdown',
    (event) => (pressed = event.target instanceof Element && event.target.closest('[data-testid=stage]') !== null),
    { capture: true },
  )
  useEventListener(window, ['pointerup', 'pointercancel', 'blur'], release, { capture: true })

  useKeys(() => project.classes, label)
  useNucleusKeys()
  onCommand('unlabel', () => label(null))
  onCommand('notSure', () => label(answers.notSure))
  onCommand('badOutline', () => label(answers.badOutline))
  onCommand('undo', () => void labelling.undo())
  onCommand('redo', () => void labelling.redo())
  onCommand('leave', tools.leave)
  for (const tool of ['brush', 'lasso', 'rectangle', 'split', 'draw', 'redraw'] as const)
    onCommand(tool, () => tools.take(tool))
  onCommand('merge', () => void tools.merge())
  onCommand('remove', () => void tools.remove())
  onCommand('toggleNuclei', () => (nuclei.overlayVisible = !nuclei.overlayVisible))

  const stopClicks = viewer.onClick((at) => {
    nuclei.selectedIds = selectionAfterClick(nuclei.selectedIds, idAt(at.x, at.y), modeOf(at))
    // At once: the next press may come before any timer.
    labelWaiting()
  })
  watch(
    () => viewer.pointer,
    (at) => (nuclei.hoveredId = at && idAt(at.x, at.y)),
  )
  onBeforeUnmount(stopClicks)
}
