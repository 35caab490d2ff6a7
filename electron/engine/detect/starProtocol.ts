import type { Failure, Nuclei, Rect, TissueArea } from '../../contract/index.ts'
import type { DetectorMaps } from '../../../models/nucleusDetector/findStars.ts'
import type { Region } from '../../../models/nucleusDetector/grid.ts'

/** What a detection thread is given for its whole life. */
export interface StarJob {
  slide: string
  /** µm per level-0 pixel. */
  mpp: number
  /** Level-0 pixels per working pixel. */
  scale: number
  threshold: number
  /** Only nuclei with their centre here, level-0 pixels. */
  only?: Rect
  /** None with their centre where these say that there is no tissue. */
  areas?: readonly TissueArea[]
}

/** Engine → thread: read a region; then what the network says of it. */
export type StarOrder = { kind: 'read'; region: Region } | { kind: 'maps'; maps: DetectorMaps }
/** Thread → engine: the region as the network takes it; then its nuclei. Or why not. */
export type StarReply =
  | { kind: 'image'; image: Float32Array<ArrayBuffer> }
  | { kind: 'nuclei'; nuclei: Nuclei }
  | { kind: 'failure'; failure: Failure }
