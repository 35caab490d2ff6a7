import { strings } from '../strings.ts'
import { chordsOf, type Command } from './table.ts'

/** A chord as it stands on the keyboard: "⇧ L", "Ctrl Z", "Space". */
export const keyName = (chord: string): string =>
  chord
    .split(/\+(?=.)/)
    .map((part) => {
      const named: Readonly<Record<string, string>> = strings.keys.names
      return named[part] ?? part
    })
    .join(' ')

/** The keys of a command, for a button's tip or the help. */
export const keyNames = (command: Command): string => chordsOf(command).map(keyName).join(', ')
