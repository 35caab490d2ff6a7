// Run as a process of its own by kill.test.ts: labels nucleus after nucleus and says each step once it is acknowledged.
import { openProject } from '../../electron/store/index.ts'

const project = openProject(process.argv[2])
const ids = project.nuclei.of(1).id
for (let n = 0; ; n++) {
  const id = ids[n % ids.length]
  const classId = 1 + (n % 3)
  const stepId = project.label({ slideId: 1, reader: 'killed', title: `step ${n}`, ids: [id], classId })
  process.stdout.write(`${stepId} ${id} ${classId}\n`)
}
