import type { SlideFile } from '../source/file.ts'
import type { SlideSource } from '../source/source.ts'

/** One way of storing a slide. See README.md on adding one. */
export interface SlideFormat {
  /** For people: "Aperio SVS". */
  readonly name: string
  /** Lower case, with the dot. Only for file choosers: what a file is, its bytes say. */
  readonly extensions: readonly string[]
  /** null where the file is of this format; else why not, as words that follow "because". May fail where it is damaged. */
  decline(file: SlideFile): string | null | Promise<string | null>
  /** Called only after decline gave null; the source owns the file from then on. Failures are FailureError. */
  open(file: SlideFile): Promise<SlideSource>
}
