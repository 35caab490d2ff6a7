import { onCommand } from '../../keys/index.ts'
import { nextObjective, objectives } from './objectives.ts'
import { magnification } from './scaleBar.ts'
import { useViewer } from './store.ts'

const panStep = 0.25 // of the stage
const zoomStep = 1.5
const turn = 15 // degrees
const commands = ['objective1', 'objective2', 'objective3', 'objective4', 'objective5', 'objective6'] as const

/** The objectives and their commands, in ascending order. */
export const objectiveCommands = objectives.map((times, i) => ({ times, command: commands[i] }))

/** Registers the handlers of the view commands. */
export function useViewKeys(): void {
  const viewer = useViewer()
  const step = (up: boolean) => {
    const now = viewer.micronsPerPixel
    if (now) viewer.magnify(nextObjective(magnification(now), up))
  }
  onCommand('zoomIn', () => viewer.zoomBy(zoomStep))
  onCommand('zoomOut', () => viewer.zoomBy(1 / zoomStep))
  onCommand('home', () => viewer.home())
  onCommand('panLeft', () => viewer.panBy(-panStep, 0))
  onCommand('panRight', () => viewer.panBy(panStep, 0))
  onCommand('panUp', () => viewer.panBy(0, -panStep))
  onCommand('panDown', () => viewer.panBy(0, panStep))
  for (const { times, command } of objectiveCommands) onCommand(command, () => viewer.magnify(times))
  onCommand('nextObjective', () => step(true))
  onCommand('previousObjective', () => step(false))
  onCommand('turnLeft', () => viewer.rotateBy(-turn))
  onCommand('turnRight', () => viewer.rotateBy(turn))
  onCommand('upright', () => viewer.upright())
}
