/** What a key does on the stage. */
export type KeyAction =
  | { kind: 'label'; classId: number }
  | { kind: 'unlabel' }
  | { kind: 'undo' }
  | { kind: 'redo' }
  | { kind: 'toggleOverlay' }
  | { kind: 'toggleAttention' }
  | { kind: 'toggleMap' }
  | { kind: 'deselect' }
  | { kind: 'zoom'; factor: number }
  | { kind: 'pan'; dx: number; dy: number }
  | { kind: 'home' }

export interface KeyPress {
  key: string
  code: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
}

const step = 0.25 // of the stage
const fixed: Record<string, KeyAction> = {
  ArrowLeft: { kind: 'pan', dx: -step, dy: 0 },
  ArrowRight: { kind: 'pan', dx: step, dy: 0 },
  ArrowUp: { kind: 'pan', dx: 0, dy: -step },
  ArrowDown: { kind: 'pan', dx: 0, dy: step },
  '+': { kind: 'zoom', factor: 1.5 },
  '=': { kind: 'zoom', factor: 1.5 },
  '-': { kind: 'zoom', factor: 1 / 1.5 },
  Home: { kind: 'home' },
  a: { kind: 'toggleAttention' },
  m: { kind: 'toggleMap' },
  Escape: { kind: 'deselect' },
  Backspace: { kind: 'unlabel' },
  Delete: { kind: 'unlabel' },
}

/** The key that hides the overlay: H, or the space bar where a class has taken H. */
export const hideKey = (classes: readonly { key: string }[]): string =>
  classes.some((c) => c.key.toLowerCase() === 'h') ? ' ' : 'h'

/** The key that does this, for people; empty where a class has taken it. */
export function shortcutOf(kind: KeyAction['kind'], classes: readonly { key: string }[]): string {
  const key = Object.keys(fixed).find((name) => fixed[name].kind === kind) ?? ''
  return classes.some((c) => c.key.toLowerCase() === key) ? '' : key.toUpperCase()
}

/** What a key press does, null where it does nothing. Class keys win over the zero that takes a label away. */
export function keyAction(press: KeyPress, classes: readonly { id: number; key: string }[]): KeyAction | null {
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key
  if (press.altKey) return null
  if (press.ctrlKey || press.metaKey) {
    if (key === 'z') return { kind: press.shiftKey ? 'redo' : 'undo' }
    return key === 'y' ? { kind: 'redo' } : null
  }
  // The digit row gives other characters on some keyboards (AZERTY): its position counts as well.
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code)?.[1]
  const chosen = classes.find((c) => c.key.toLowerCase() === key) ?? classes.find((c) => c.key === digit)
  if (chosen) return { kind: 'label', classId: chosen.id }
  if (key === hideKey(classes)) return { kind: 'toggleOverlay' }
  if (key === '0' || digit === '0') return { kind: 'unlabel' }
  return fixed[key] ?? null
}
