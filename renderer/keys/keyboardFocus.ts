import { onScopeDispose } from 'vue'

const marks = 'input:is([type="checkbox"], [type="radio"])'
const slides = 'input[type="range"]'
const pressable = 'button, a, summary, [role="tab"]'
/** Controls that are used with the mouse without the intention to type in them. */
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

/**
 * Returns whether key presses currently belong to a text field or a dialog. A dialog that was just closed may still
 * have the focus.
 */
export const takesText = (): boolean => {
  const focused = document.activeElement
  // An open dialog has the keyboard even if its focused element has been removed.
  if (!focused || focused === document.body) return document.querySelector('dialog[open]') !== null
  return focused.matches(text) || focused.closest('dialog[open]') !== null
}

/** Returns whether the focused control needs this key itself: to be pressed, to move within its group, or to scroll. */
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
 * Returns the keyboard to the slide after a control was used with the mouse.
 *
 * Such a control keeps the focus (or gets it back from the dialog it opened), and with it keys that belong to the
 * slide: Enter would press it again, a class key would choose in a list. So the next key removes the focus from it. Tab
 * is an exception and moves on from the control; a control that was reached by Tab keeps its keys as usual. The focus
 * is not removed earlier, when the mouse is done, because no event reports that an opened list was closed without a
 * choice.
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
  // Runs before all other listeners, because they check which element has the focus.
  window.addEventListener('pointerdown', press, { capture: true })
  window.addEventListener('keydown', key, { capture: true })
  onScopeDispose(() => {
    window.removeEventListener('pointerdown', press, { capture: true })
    window.removeEventListener('keydown', key, { capture: true })
  })
}
