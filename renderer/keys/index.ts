export { chordsOf, keyGroups, type Chord, type Command, type KeyGroup } from './table.ts'
export { onCommand, run } from './commands.ts'
export { keyName, keyNames } from './names.ts'
export { takesText, useKeys } from './useKeys.ts'
