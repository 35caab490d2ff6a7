/**
 * The keys of all commands, in one table. Letters and digits without Shift belong to the classes. A command has Shift
 * and a letter or an arrow, a sign, a named key, Ctrl and a letter or the comma, or Alt and a digit or an arrow. So no command can
 * take the key of a class: the type of the table forbids it. Tests make sure that no two commands share a key.
 */
type Letter =
  | ('A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M')
  | ('N' | 'O' | 'P' | 'Q' | 'R' | 'S' | 'T' | 'U' | 'V' | 'W' | 'X' | 'Y' | 'Z')
type Arrow = `Arrow${'Left' | 'Right' | 'Up' | 'Down'}`
type NamedKey = Arrow | ('Home' | 'PageUp' | 'PageDown' | 'Escape' | 'Enter' | 'Backspace' | 'Delete')
type Digit = '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'
type Sign = '+' | '=' | '-' | ' ' | ',' | '.' | '?'
export type Chord =
  `Shift+${Letter | Arrow}` | `Alt+${Digit | Arrow}` | `Ctrl+${Letter | ','}` | `Ctrl+Shift+${Letter}` | NamedKey | Sign

/** The keys of each command, in the groups that the help shows. A command can have several keys. */
export const keyGroups = {
  labelling: {
    nucleusLeft: ['Alt+ArrowLeft'],
    nucleusRight: ['Alt+ArrowRight'],
    nucleusUp: ['Alt+ArrowUp'],
    nucleusDown: ['Alt+ArrowDown'],
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
    excludeArea: ['Shift+N'],
    addArea: ['Shift+I'],
    leave: ['Escape'],
  },
  review: {
    next: ['Shift+W'],
    previous: ['Shift+Q'],
    agree: ['Enter'],
    back: ['Shift+O'],
  },
  view: {
    projects: ['Shift+P'],
    toggleNuclei: [' ', 'Shift+H'],
    tissue: ['Shift+U'],
    attention: ['Shift+A'],
    why: ['Shift+Y'],
    unsure: ['Shift+V'],
    listUnsure: ['Shift+K'],
    listSelected: ['Shift+Z'],
    zoomIn: ['+', '='],
    zoomOut: ['-'],
    home: ['Home'],
    panLeft: ['ArrowLeft'],
    panRight: ['ArrowRight'],
    panUp: ['ArrowUp'],
    panDown: ['ArrowDown'],
    help: ['?'],
    settings: ['Ctrl+,'],
    guide: ['Ctrl+Shift+G'],
  },
  microscope: {
    objective1: ['Alt+1'],
    objective2: ['Alt+2'],
    objective3: ['Alt+3'],
    objective4: ['Alt+4'],
    objective5: ['Alt+5'],
    objective6: ['Alt+6'],
    nextObjective: ['PageUp'],
    previousObjective: ['PageDown'],
    turnLeft: ['Shift+ArrowLeft'],
    turnRight: ['Shift+ArrowRight'],
    upright: ['Shift+ArrowUp'],
  },
} as const satisfies Record<string, Record<string, readonly Chord[]>>

export type KeyGroup = keyof typeof keyGroups
type Taken = { [G in KeyGroup]: (typeof keyGroups)[G][keyof (typeof keyGroups)[G]] }[KeyGroup]
/** A key that no command in the table uses: available for a panel. */
export type FreeChord = Exclude<Chord, Extract<Taken, readonly Chord[]>[number]>
export type Command = { [G in KeyGroup]: keyof (typeof keyGroups)[G] }[KeyGroup] & string

const commandOf: ReadonlyMap<string, Command> = new Map(
  Object.values(keyGroups)
    .flatMap((group) => Object.entries(group) as [Command, readonly Chord[]][])
    .flatMap(([command, chords]) => chords.map((chord) => [chord, command] as const)),
)

/** Returns the keys of a command. */
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

export type KeyAction =
  | { kind: 'label'; classId: number }
  | { kind: 'command'; command: Command }
  /** A key that belongs to no command and has its own action (onKey). */
  | { kind: 'own'; chord: string }

/**
 * Returns what a key press does, or null if it does nothing. `own`: keys that belong to no command and have their own
 * action.
 */
export function keyAction(
  press: KeyPress,
  classes: readonly { id: number; key: string }[],
  own: { has(chord: string): boolean } = new Set<string>(),
): KeyAction | null {
  const control = press.ctrlKey || press.metaKey
  const isLetter = /^\p{L}$/u.test(press.key)
  // The digit row gives other characters on some keyboards (AZERTY) and with Alt (Mac), so its position counts as well.
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code)?.[1]
  // The Shift that types a sign is part of the sign.
  const isShifted = press.shiftKey && (isLetter || press.key.startsWith('Arrow'))
  const prefix = (control ? 'Ctrl+' : '') + (press.altKey ? 'Alt+' : '') + (isShifted ? 'Shift+' : '')
  const key = press.altKey ? (digit ?? press.key) : isLetter && prefix ? press.key.toUpperCase() : press.key
  const command = commandOf.get(prefix + key)
  if (command) return { kind: 'command', command }
  if (own.has(prefix + key)) return { kind: 'own', chord: prefix + key }
  if (prefix) return null
  const chosen =
    classes.find((c) => c.key.toLowerCase() === key.toLowerCase()) ??
    classes.find((c) => c.key !== '' && c.key === digit)
  return chosen ? { kind: 'label', classId: chosen.id } : null
}
