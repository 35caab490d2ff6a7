import { onScopeDispose } from 'vue'

const marks = 'input:is([type="checkbox"], [type="radio"])'
const slides = 'input[type="range"]'
const pressable = 'button, a, summary, [role="tab"]'
/** What the mouse works without meaning to type there. */
const control = `${pressable}, select, ${marks}, ${slides}`
const text = `input:not([type="checkbox"], [type="radio"], [type="range"]), textarea, select`
const modifiers: ReadonlySet<string> = new Set(['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock'])
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

/** Whether keys pressed now belong to a field or a dialog; one that was just closed may still have the focus. */
export const takesText = (): boolean => {
  const focused = document.activeElement
  // A dialog has the keyboard though the focus was on something of it that has gone.
  if (!focused || focused === document.body) return document.querySelector('dialog[open]') !== null
  return focused.matches(text) || focused.closest('dialog[open]') !== null
}

/** Whether the focused control itself needs the key: it is pressed by it, or moves among its like, or scrolls. */
export function isControls({ key, shiftKey, altKey }: KeyboardEvent): boolean {
  const focused = document.activeElement
  if (!focused || shiftKey || altKey) return false
  if (key === 'Enter') return focused.matches(pressable)
  if (key === ' ') return focused.matches(`${pressable}, ${marks}`)
  if (!moving.has(key)) return false
  if (focused.matches('[role="tab"]') && !key.startsWith('Page')) return true
  return focused.matches(`${slides}, ${marks}`) || focused.closest('[role="region"]') !== null
}

const controlAt = (target: EventTarget | null): Element | null => {
  if (!(target instanceof Element)) return null
  return target.closest(control) ?? target.closest('label')?.control ?? null
}

/**
 * A control that the mouse has used keeps the focus (or has it back from the dialog it opened), and with it the keys that
 * belong to the slide: Enter would press it again, a class key choose in a list. So the next key takes the focus from it;
 * Tab goes on from where it is, and who came to a control by Tab works it by keys as ever. Not when the mouse is done with
 * it: nobody tells when a list that was opened is closed without a choice.
 */
export function useFocusOfPointer(): void {
  let used = new WeakSet<Element>()
  const press = ({ target }: PointerEvent) => {
    const control = controlAt(target)
    if (control) used.add(control)
  }
  const key = (event: KeyboardEvent) => {
    const focused = document.activeElement
    if (modifiers.has(event.key) || focused?.closest('dialog')) return
    if (event.key !== 'Tab' && focused instanceof HTMLElement && used.has(focused)) focused.blur()
    used = new WeakSet()
  }
  // Before all other listeners: they ask who has the focus.
  window.addEventListener('pointerdown', press, { capture: true })
  window.addEventListener('keydown', key, { capture: true })
  onScopeDispose(() => {
    window.removeEventListener('pointerdown', press, { capture: true })
    window.removeEventListener('keydown', key, { capture: true })
  })
}
