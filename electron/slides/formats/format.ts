import type { Message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import type { SlideSource } from '../source/source.ts'

/** A file format of slides. The README says how to add one. */
export interface SlideFormat {
  /** Name for the user, such as "Aperio SVS". */
  readonly name: string
  /** Extensions, lower case with the dot. Only for file choosers: the format is recognised by the bytes. */
  readonly extensions: readonly string[]
  /**
   * Returns null if the file has this format, else the reason why not, in words that follow "because". May throw
   * FailureError if the file is damaged.
   */
  decline(file: SlideFile): Message | null | Promise<Message | null>
  /** Opens the file. Called only after decline returned null. The source then owns the file. Throws FailureError. */
  open(file: SlideFile): Promise<SlideSource>
}
