/**
 * Every key of the page, in one table. Letters and digits without Shift belong to the classes; a command has Shift and
 * a letter, a sign or a named key. So no command can take a class's key: the type of the table does not let it, and two
 * commands on one key would be found by the tests. Alt and a digit, Page Up and Down and Shift with an arrow are the view's
 * own (features/viewer/keys.ts): the type leaves them out.
 */
type Letter =
  | ('A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M')
  | ('N' | 'O' | 'P' | 'Q' | 'R' | 'S' | 'T' | 'U' | 'V' | 'W' | 'X' | 'Y' | 'Z')
type NamedKey = `Arrow${'Left' | 'Right' | 'Up' | 'Down'}` | ('Home' | 'Escape' | 'Enter' | 'Backspace' | 'Delete')
type Sign = '+' | '=' | '-' | ' ' | ',' | '.' | '?'
export type Chord = `Shift+${Letter}` | `Ctrl+${Letter}` | `Ctrl+Shift+${Letter}` | NamedKey | Sign

/** What the commands do, in the groups in which help shows them; several keys may give one command. */
export const keyGroups = {
  labelling: {
    notSure: [','],
    badOutline: ['.'],
    unlabel: ['Backspace', 'Delete'],
    undo: ['Ctrl+Z'],
    redo: ['Ctrl+Shift+Z', 'Ctrl+Y'],
    relabel: ['Shift+F'],
  },
  tools: {
    brush: ['Shift+B'],
    lasso: ['Shift+L'],
    rectangle: ['Shift+C'],
    split: ['Shift+S'],
    merge: ['Shift+J'],
    draw: ['Shift+D'],
    redraw: ['Shift+E'],
    remove: ['Shift+X'],
    region: ['Shift+R'],
    leave: ['Escape'],
  },
  review: {
    gallery: ['Shift+G'],
    strip: ['Shift+T'],
    next: ['Shift+W'],
    previous: ['Shift+Q'],
    agree: ['Enter'],
    back: ['Shift+O'],
  },
  view: {
    projects: ['Shift+P'],
    toggleNuclei: [' ', 'Shift+H'],
    attention: ['Shift+A'],
    map: ['Shift+M'],
    zoomIn: ['+', '='],
    zoomOut: ['-'],
    home: ['Home'],
    panLeft: ['ArrowLeft'],
    panRight: ['ArrowRight'],
    panUp: ['ArrowUp'],
    panDown: ['ArrowDown'],
    help: ['?'],
  },
} as const satisfies Record<string, Record<string, readonly Chord[]>>

export type KeyGroup = keyof typeof keyGroups
export type Command = { [G in KeyGroup]: keyof (typeof keyGroups)[G] }[KeyGroup] & string

const commandOf: ReadonlyMap<string, Command> = new Map(
  Object.values(keyGroups)
    .flatMap((group) => Object.entries(group) as [Command, readonly Chord[]][])
    .flatMap(([command, chords]) => chords.map((chord) => [chord, command] as const)),
)

/** The keys of a command. */
export const chordsOf = (command: Command): readonly Chord[] =>
  [...commandOf].filter(([, c]) => c === command).map(([chord]) => chord as Chord)

export interface KeyPress {
  key: string
  code: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
}

export type KeyAction = { kind: 'label'; classId: number } | { kind: 'command'; command: Command }

/** What a key press does, null where it does nothing. */
export function keyAction(press: KeyPress, classes: readonly { id: number; key: string }[]): KeyAction | null {
  if (press.altKey) return null
  if (press.shiftKey && press.key.startsWith('Arrow')) return null
  const control = press.ctrlKey || press.metaKey
  const isLetter = /^\p{L}$/u.test(press.key)
  const prefix = (control ? 'Ctrl+' : '') + (isLetter && press.shiftKey ? 'Shift+' : '')
  const command = commandOf.get(prefix + (isLetter && prefix ? press.key.toUpperCase() : press.key))
  if (command) return { kind: 'command', command }
  if (prefix) return null
  // The digit row gives other characters on some keyboards (AZERTY): its position counts as well.
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code)?.[1]
  const key = press.key.toLowerCase()
  const chosen =
    classes.find((c) => c.key.toLowerCase() === key) ?? classes.find((c) => c.key !== '' && c.key === digit)
  return chosen ? { kind: 'label', classId: chosen.id } : null
}
