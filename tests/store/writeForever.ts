// Run as a process of its own by writer.ts: waits for the path of a project, then makes labels, bulk steps, edits, imports,
// detections, undo and redo for ever, each said once it is acknowledged: the step's id, how many nuclei the slide has,
// and the newest entry of the log.
import { titled } from '../support/messages.ts'
import { once } from 'node:events'
import { editOutlines, openProject } from '../../electron/store/index.ts'
import { squareNuclei } from './nuclei.ts'

process.stdout.write('ready\n')
const [path] = (await once(process.stdin.setEncoding('utf8'), 'data')) as [string]
const project = openProject(path.trim())
const slideId = 1
const step = (title: string) => ({ slideId, reader: 'killed', title: titled(title) })
const pick = <T>(list: ArrayLike<T>): T => list[Math.floor(Math.random() * list.length)]

const works: Record<string, () => number> = {
  click: () => project.label({ ...step('click'), ids: [pick(ids())], classId: pick([0, 1, 2]) }),
  bulk: () => project.label({ ...step('bulk'), ids: ids(), classId: pick([1, 2]) }),
  redraw: () => {
    const [x, y] = [Math.random() * 2000, Math.random() * 400]
    const outline = [x, y, x + 9, y, x + 9, y + 9]
    return editOutlines(project, step('redraw'), { kind: 'redraw', id: pick(ids()), outline }).stepId
  },
  import: () => {
    project.mergeImport(step('import'), squareNuclei(2000, Math.random() * 30, Math.random() * 3000))
    return project.log.last
  },
  detect: () => {
    const region = { x: 0, y: Math.random() * 3000, width: 2000, height: 400 }
    project.mergeDetection(step('detect'), squareNuclei(1000, Math.random() * 30, region.y), region)
    return project.log.last
  },
  undo: () => {
    project.log.undo('killed')
    return 0
  },
  redo: () => {
    project.log.redo('killed')
    return 0
  },
}
const ids = () => project.nuclei.heads(slideId).id
const names = ['click', 'click', 'click', 'bulk', 'redraw', 'import', 'detect', 'undo', 'undo', 'redo']
for (;;) {
  const stepId = works[pick(names)]()
  process.stdout.write(`${stepId} ${project.slides.get(slideId).nuclei} ${project.log.last}\n`)
}
