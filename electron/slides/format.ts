import type { SlideFile } from './file.ts'
import type { SlideSource } from './source.ts'

/** One way of storing a slide. See README.md on adding one. */
export interface SlideFormat {
  /** For people: "Aperio SVS". */
  readonly name: string
  /** Lower case, with the dot. Only for file choosers: what a file is, its bytes say. */
  readonly extensions: readonly string[]
  /** Whether the file is of this format. May fail (FailureError) where it is, but damaged. */
  detect(file: SlideFile): boolean | Promise<boolean>
  /** Called only after detect; the source owns the file from then on. Failures are FailureError. */
  open(file: SlideFile): Promise<SlideSource>
}
