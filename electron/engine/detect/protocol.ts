import type { Failure, Nuclei, Rect, TissueArea } from '../../contract/index.ts'
import type { Region } from '../../../models/detector/grid.ts'
import type { SlideStains } from '../../../models/detector/slideStains.ts'

/** What a detection thread is given for its whole life. */
export interface DetectJob {
  slide: string
  /** µm per level-0 pixel. */
  mpp: number
  /** Level-0 pixels per working pixel. */
  scale: number
  stains: SlideStains
  /** Only nuclei with their centre here, level-0 pixels. */
  only?: Rect
  /** None with their centre where these say that there is no tissue. */
  areas?: readonly TissueArea[]
}

/** Thread ← engine: the next region. Thread → engine: its nuclei, or why not. */
export type DetectOrder = Region
export type DetectReply = { kind: 'nuclei'; nuclei: Nuclei } | { kind: 'failure'; failure: Failure }
