import { FailureError, message, type Message } from '../../contract/index.ts'

/** Makes a FailureError 'unreadable' about part of a slide: "tile 3, 4 of level 0 of a.svs" + "is cut short". */
export const damaged = (part: Message, flaw: Message): FailureError =>
  new FailureError('unreadable', message('damagedPart', { part, flaw }))
