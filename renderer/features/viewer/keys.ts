/** What a key does to the view. */
export type ViewAction = { kind: 'magnify'; to: number } | { kind: 'rotate'; degrees: number } | { kind: 'upright' }

/** Objectives of a microscope: 40× ↔ 0.25 µm/px. */
export const magnifications = [1.25, 2.5, 5, 10, 20, 40] as const
const turn = 15 // degrees

interface KeyPress {
  key: string
  code: string
  altKey: boolean
  ctrlKey: boolean
  metaKey: boolean
  shiftKey: boolean
}

/** The next objective above or below `now`; the last one again at the end. */
export function nextMagnification(now: number, up: boolean): number {
  const beyond = 1.02 // a zoom that is nearly a preset counts as it
  return up
    ? (magnifications.find((m) => m > now * beyond) ?? magnifications[magnifications.length - 1])
    : (magnifications.findLast((m) => m * beyond < now) ?? magnifications[0])
}

/**
 * What a key press does to the view, null where it does nothing: Alt and a digit is an objective, Page Up and Down step
 * through them, Shift and an arrow turns. None of them can be a class' key.
 */
export function viewAction(press: KeyPress, magnification: number | null): ViewAction | null {
  if (press.ctrlKey || press.metaKey) return null
  const digit = Number(/^(?:Digit|Numpad)(\d)$/.exec(press.code)?.[1] ?? 0)
  if (press.altKey)
    return digit >= 1 && digit <= magnifications.length ? { kind: 'magnify', to: magnifications[digit - 1] } : null
  if (press.key === 'PageUp' || press.key === 'PageDown')
    return magnification === null
      ? null
      : { kind: 'magnify', to: nextMagnification(magnification, press.key === 'PageUp') }
  if (!press.shiftKey) return null
  if (press.key === 'ArrowLeft') return { kind: 'rotate', degrees: -turn }
  if (press.key === 'ArrowRight') return { kind: 'rotate', degrees: turn }
  return press.key === 'ArrowUp' ? { kind: 'upright' } : null
}
