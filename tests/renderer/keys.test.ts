import { describe, expect, it } from 'vitest'
import { chordsOf, keyAction, keyGroups, type Command, type KeyPress } from '../../renderer/keys/table.ts'

const plain = [
  { id: 5, key: '1' },
  { id: 8, key: 'h' },
  { id: 9, key: '' },
]
const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
})
const command = (name: Command) => ({ kind: 'command', command: name })
const all = Object.values(keyGroups).flatMap((group) => Object.keys(group)) as Command[]

describe('keys', () => {
  it('a class key labels, even with Caps Lock', () => {
    expect(keyAction(press('1'), plain)).toEqual({ kind: 'label', classId: 5 })
    expect(keyAction(press('h'), plain)).toEqual({ kind: 'label', classId: 8 })
    expect(keyAction(press('H'), plain)).toEqual({ kind: 'label', classId: 8 })
  })

  it('each of 36 classes can have a digit or a letter that no command uses', () => {
    const keys = [...'1234567890abcdefghijklmnopqrstuvwxyz']
    const classes = keys.map((key, i) => ({ id: i + 1, key }))
    keys.forEach((key, i) => expect(keyAction(press(key), classes)).toEqual({ kind: 'label', classId: i + 1 }))
    expect(keys.map((key) => keyAction(press(key), []))).toEqual(keys.map(() => null))
  })

  it('every command has its own key, which is not a class key', () => {
    const chords = all.flatMap((name) => chordsOf(name))
    expect(all.filter((name) => chordsOf(name).length === 0)).toEqual([])
    expect(new Set(chords).size).toBe(Object.values(keyGroups).flatMap((group) => Object.values(group).flat()).length)
    expect(chords.filter((chord) => /^[\p{L}\d]$/u.test(chord))).toEqual([])
  })

  it('every command works with the key that the help shows, whatever keys the classes have', () => {
    for (const name of all)
      for (const chord of chordsOf(name)) {
        const key = chord.replace(/^(Ctrl\+)?(Alt\+)?(Shift\+)?(?=.)/, '')
        const held = {
          ctrlKey: chord.startsWith('Ctrl'),
          altKey: chord.startsWith('Alt'),
          shiftKey: chord.includes('Shift+'),
        }
        expect(keyAction(press(key, held), plain), chord).toEqual(command(name))
      }
  })

  it('the digit row labels even on keyboards where it types other characters', () => {
    expect(keyAction(press('&', { code: 'Digit1' }), plain)).toEqual({ kind: 'label', classId: 5 })
    expect(keyAction(press('1', { code: 'Digit1', shiftKey: true }), plain)).toEqual({ kind: 'label', classId: 5 })
  })

  it('Alt and a digit choose an objective, even on keyboards where Alt types another character', () => {
    expect(keyAction(press('4', { altKey: true, code: 'Digit4' }), plain)).toEqual(command('objective4'))
    expect(keyAction(press('¢', { altKey: true, code: 'Digit4' }), plain)).toEqual(command('objective4'))
    expect(keyAction(press('4', { altKey: true, code: 'Numpad4' }), plain)).toEqual(command('objective4'))
  })

  it('an arrow moves the slide, Shift with an arrow turns it, and Alt with an arrow goes to a nucleus', () => {
    expect(keyAction(press('ArrowLeft', { shiftKey: true }), plain)).toEqual(command('turnLeft'))
    expect(keyAction(press('ArrowLeft'), plain)).toEqual(command('panLeft'))
    expect(keyAction(press('ArrowDown', { shiftKey: true }), plain)).toBeNull()
    expect(keyAction(press('ArrowLeft', { altKey: true }), plain)).toEqual(command('nucleusLeft'))
  })

  it('the command key of a Mac does what Ctrl does elsewhere', () => {
    expect(keyAction(press('z', { metaKey: true }), plain)).toEqual(command('undo'))
    expect(keyAction(press('Z', { metaKey: true, shiftKey: true }), plain)).toEqual(command('redo'))
  })

  it('a class key with Ctrl, Alt or Shift does not label', () => {
    expect(keyAction(press('1', { ctrlKey: true }), plain)).toBeNull()
    expect(keyAction(press('h', { altKey: true }), plain)).toBeNull()
    expect(keyAction(press('0', { altKey: true, code: 'Digit0' }), [{ id: 1, key: '0' }])).toBeNull()
    expect(keyAction(press('H', { shiftKey: true }), plain)).toEqual(command('toggleNuclei'))
  })

  it('a free key can open a panel, and no class loses its key to it', () => {
    const panels = new Set(['Shift+M'])
    expect(keyAction(press('M', { shiftKey: true }), plain, panels)).toEqual({ kind: 'own', chord: 'Shift+M' })
    expect(keyAction(press('M', { shiftKey: true }), plain)).toBeNull()
    expect(keyAction(press('m'), [{ id: 3, key: 'm' }], panels)).toEqual({ kind: 'label', classId: 3 })
    expect(keyAction(press('Z', { ctrlKey: true }), plain, new Set(['Ctrl+Z']))).toEqual(command('undo'))
  })
})
