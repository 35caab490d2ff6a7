import { strings } from '../strings.ts'
import { chordsOf, type Command } from './table.ts'

/** Returns a chord as printed on the keyboard: "⇧ L", "Ctrl Z", "Space". */
export const keyName = (chord: string): string =>
  chord
    .split(/\+(?=.)/)
    .map((part) => {
      const named: Readonly<Record<string, string>> = strings.keys.names
      return named[part] ?? part
    })
    .join(' ')

/** Returns the keys of a command, for a button's tooltip or the help. */
export const keyNames = (command: Command): string => chordsOf(command).map(keyName).join(', ')
