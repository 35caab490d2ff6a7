import { FailureError } from '../../contract/index.ts'

/** Makes a FailureError 'unreadable' about part of a slide: "tile 3, 4 of level 0 of a.svs" + "is cut short". */
export const damaged = (what: string, how: string): FailureError =>
  new FailureError('unreadable', `${what.charAt(0).toUpperCase()}${what.slice(1)} ${how}.`)
