import { useEventListener } from '@vueuse/core'
import { run } from './commands.ts'
import { keyAction, type Command } from './table.ts'

/** Whether keys pressed here belong to a field or a dialog; one that was just closed may still have the focus. */
export const takesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.matches('input, textarea, select') || target.closest('dialog[open]') !== null)

const moving: ReadonlySet<string> = new Set([
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
  'PageUp',
  'PageDown',
])

/** Whether the focused control itself needs the key: it is pressed by it, or moves among its like, or scrolls. */
function isControls(target: EventTarget | null, { key, shiftKey, altKey }: KeyboardEvent): boolean {
  if (!(target instanceof Element) || shiftKey || altKey) return false
  if (key === ' ' || key === 'Enter') return target.matches('button, a, [role="tab"], summary')
  const isTab = target.matches('[role="tab"]') && !key.startsWith('Page')
  return moving.has(key) && (isTab || target.closest('[role="region"]') !== null)
}

/** Commands that go on while their key is held. */
const repeated: ReadonlySet<Command> = new Set<Command>([
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

/** Listens to the keyboard for the whole page. A key is nothing while a text field or a dialog has it. */
export function useKeys(classes: () => readonly { id: number; key: string }[], label: (classId: number) => void): void {
  useEventListener(window, 'keydown', (event) => {
    // A dialog has the keyboard though the focus was on something of it that has gone.
    if (event.defaultPrevented || (event.target === document.body && document.querySelector('dialog[open]'))) return
    if (takesText(event.target)) {
      // Escape gives the keyboard back to the slide; a dialog closes by itself.
      const { target } = event
      if (event.key === 'Escape' && target instanceof HTMLElement && !target.closest('dialog')) target.blur()
      return
    }
    if (isControls(event.target, event)) return
    const action = keyAction(event, classes())
    if (!action) return
    event.preventDefault()
    if (action.kind === 'label') {
      if (!event.repeat) label(action.classId)
    } else if (!event.repeat || repeated.has(action.command)) run(action.command)
  })
}
