import { formats } from './table.ts'

/** Extensions of files that may be slides, lower case with the dot, for native file dialogs. */
export const openableExtensions: readonly string[] = formats.flatMap((f) => f.extensions)

/** Returns whether a file of this name may be a slide. When it is opened, its bytes decide. */
export const isOpenable = (name: string): boolean =>
  openableExtensions.some((extension) => name.toLowerCase().endsWith(extension))
