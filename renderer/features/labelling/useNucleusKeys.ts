import { useNotices } from '../../host/index.ts'
import { onCommand } from '../../keys/index.ts'
import { strings } from '../../strings.ts'
import { useNuclei } from '../nuclei/index.ts'
import { directionOnSlide, useViewer } from '../viewer/index.ts'
import { boxOf } from '../../../models/nuclei/nuclei.ts'

const margin = 40 // CSS pixels: a nucleus closer than this to the stage's edge is centred
const ways = { nucleusLeft: [-1, 0], nucleusRight: [1, 0], nucleusUp: [0, -1], nucleusDown: [0, 1] } as const

/** Registers the keys that move the selection from nucleus to nucleus on the slide, so that no pointer is needed. */
export function useNucleusKeys(): void {
  const viewer = useViewer()
  const nuclei = useNuclei()
  const notices = useNotices()

  function middleOf(position: number): { x: number; y: number } | null {
    if (!nuclei.nuclei || position < 0) return null
    const [x0, y0, x1, y1] = boxOf(nuclei.nuclei, position)
    return { x: (x0 + x1) / 2, y: (y0 + y1) / 2 }
  }

  /**
   * Returns whether a level-0 point will be on the stage, at least `inset` CSS pixels from its edge, once the view has
   * stopped moving.
   */
  function isSeen({ x, y }: { x: number; y: number }, inset: number): boolean {
    const at = viewer.restingPlace(x, y)
    if (!at || !viewer.transform) return false
    const { width, height } = viewer.transform
    return at.x >= inset && at.y >= inset && at.x <= width - inset && at.y <= height - inset
  }

  function step([dx, dy]: readonly [number, number]): void {
    if (!nuclei.nuclei || !viewer.transform) return
    if (!nuclei.overlayVisible) return notices.say('info', strings.overlay.hidden)
    const last = nuclei.selectedIds.at(-1)
    const selected = middleOf(last === undefined ? -1 : nuclei.nuclei.id.indexOf(last))
    const from = selected && isSeen(selected, 0) ? selected : viewer.middle()
    const position = from ? nuclei.toward(from, directionOnSlide(viewer.transform, dx, dy)) : -1
    const to = middleOf(position)
    if (!to) return notices.say('info', strings.nucleus.noneThere)
    nuclei.selectedIds = [nuclei.nuclei.id[position]]
    if (!isSeen(to, margin)) viewer.centreOn(to.x, to.y)
  }
  for (const way of Object.keys(ways) as (keyof typeof ways)[]) onCommand(way, () => step(ways[way]))
}
