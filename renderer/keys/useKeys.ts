import { useEventListener } from '@vueuse/core'
import { ownKeys, run } from './commands.ts'
import { isControls, takesText, useFocusOfPointer } from './keyboardFocus.ts'
import { keyAction, type Command } from './table.ts'

/** Commands that repeat while their key is held. */
const repeated: ReadonlySet<Command> = new Set<Command>([
  'nucleusLeft',
  'nucleusRight',
  'nucleusUp',
  'nucleusDown',
  'panLeft',
  'panRight',
  'panUp',
  'panDown',
  'zoomIn',
  'zoomOut',
  'turnLeft',
  'turnRight',
  'next',
  'previous',
])

/** Listens to the keyboard for the whole page. Keys are ignored while a text field or a dialog has the focus. */
export function useKeys(classes: () => readonly { id: number; key: string }[], label: (classId: number) => void): void {
  useFocusOfPointer()
  useEventListener(window, 'keydown', (event) => {
    if (event.defaultPrevented) return
    if (takesText()) {
      // Escape returns the keyboard from a field to the slide; a dialog closes by itself.
      const focused = document.activeElement
      if (event.key === 'Escape' && focused instanceof HTMLElement && !focused.closest('dialog')) focused.blur()
      return
    }
    if (isControls(event)) return
    const action = keyAction(event, classes(), ownKeys)
    if (!action) return
    event.preventDefault()
    if (action.kind === 'command') {
      if (!event.repeat || repeated.has(action.command)) run(action.command)
    } else if (event.repeat) return
    else if (action.kind === 'label') label(action.classId)
    else ownKeys.get(action.chord)?.run()
  })
}
