import { describe, expect, it } from 'vitest'
import { cropAround } from '../../renderer/features/labelling/crop.ts'
import { hideKey, keyAction, shortcutOf, type KeyPress } from '../../renderer/features/labelling/keys.ts'
import { selectionAfterClick } from '../../renderer/features/labelling/selection.ts'

const classes = [
  { id: 5, key: '1' },
  { id: 8, key: 'h' },
]
const plain = [{ id: 5, key: '1' }]
const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
})

describe('keys', () => {
  it('a class key labels', () => {
    expect(keyAction(press('1'), plain)).toEqual({ kind: 'label', classId: 5 })
    expect(keyAction(press('H', { shiftKey: true }), classes)).toEqual({ kind: 'label', classId: 8 })
  })

  it('the digit row labels on keyboards where it gives other characters', () => {
    expect(keyAction(press('&', { code: 'Digit1' }), plain)).toEqual({ kind: 'label', classId: 5 })
  })

  it('A shows attention and M the map, unless a class has taken the key; the panel then names none', () => {
    expect(keyAction(press('A', { shiftKey: true }), plain)).toEqual({ kind: 'toggleAttention' })
    expect(keyAction(press('m'), plain)).toEqual({ kind: 'toggleMap' })
    expect(shortcutOf('toggleAttention', plain)).toBe('A')
    const taken = [{ id: 3, key: 'a' }]
    expect(keyAction(press('a'), taken)).toEqual({ kind: 'label', classId: 3 })
    expect(shortcutOf('toggleAttention', taken)).toBe('')
  })

  it('0 and Backspace take the label away', () => {
    expect(keyAction(press('0'), plain)).toEqual({ kind: 'unlabel' })
    expect(keyAction(press('Backspace'), plain)).toEqual({ kind: 'unlabel' })
  })

  it('Ctrl+Z undoes, with Shift it redoes, on a Mac with Command', () => {
    expect(keyAction(press('z', { ctrlKey: true }), plain)).toEqual({ kind: 'undo' })
    expect(keyAction(press('Z', { metaKey: true, shiftKey: true }), plain)).toEqual({ kind: 'redo' })
  })

  it('a class key with Ctrl or Alt does nothing', () => {
    expect(keyAction(press('1', { ctrlKey: true }), plain)).toBeNull()
    expect(keyAction(press('1', { altKey: true }), plain)).toBeNull()
  })

  it('H hides the nuclei, the space bar does where a class has taken H', () => {
    expect(hideKey(plain)).toBe('h')
    expect(keyAction(press('h'), plain)).toEqual({ kind: 'toggleOverlay' })
    expect(hideKey(classes)).toBe(' ')
    expect(keyAction(press(' '), classes)).toEqual({ kind: 'toggleOverlay' })
  })
})

describe('selection', () => {
  it('a click selects one nucleus and drops the others, on empty tissue all', () => {
    expect(selectionAfterClick([1, 2], 7, false)).toEqual([7])
    expect(selectionAfterClick([1, 2], null, false)).toEqual([])
  })

  it('Shift adds, takes out again, and forgives a click on empty tissue', () => {
    expect(selectionAfterClick([1], 7, true)).toEqual([1, 7])
    expect(selectionAfterClick([1, 7], 1, true)).toEqual([7])
    expect(selectionAfterClick([1, 7], null, true)).toEqual([1, 7])
  })
})

it('the picture of a nucleus is a square around its middle', () => {
  expect(cropAround([100, 50, 120, 60])).toEqual({ x: 80, y: 25, width: 60, height: 60 })
})
