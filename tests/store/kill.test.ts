import { expect, test } from 'vitest'
import { openProject } from '../../electron/store/index.ts'
import { problemsOf } from '../../electron/store/rescue/check.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryProject } from './temporary.ts'
import { startWriter, type Acknowledged } from './writer.ts'

// More rounds by hand: KARYON_KILLS=1000 npx vitest run tests/store/kill.test.ts
const rounds = Number(process.env.KARYON_KILLS ?? 4)
/** Rounds after which a new project is taken, so that late rounds do not only test a long log. */
const roundsPerProject = 25
/** While the project of one lane is checked, the writer of the other works on its own. */
const lanes = 2

function newProject(): string {
  const { project, slideId } = temporaryProject()
  project.nuclei.append(slideId, squareNuclei(2000))
  project.classes.ensure([{ name: 'a' }, { name: 'b' }])
  project.close()
  return project.path
}

/** Kills a writer in each of `count` rounds; how many changes were acknowledged. */
async function lane(count: number): Promise<number> {
  let acknowledged = 0
  let path = ''
  let next = startWriter()
  for (let round = 0; round < count; round++) {
    if (round % roundsPerProject === 0) path = newProject()
    const writer = next
    await writer.work(path, 1, 120 * Math.random())
    const said = await writer.kill()
    next = startWriter()
    acknowledged += said.length
    checkReopened(path, said)
  }
  await next.kill()
  return acknowledged
}

/** Opening runs integrity_check and every checksum; the rest compares all content with the log and what was said. */
function checkReopened(path: string, said: readonly Acknowledged[]): void {
  expect(said.length).toBeGreaterThan(0)
  const project = openProject(path)
  try {
    const steps = new Set(project.log.steps(1_000_000).map((step) => step.id))
    expect(said.filter(({ stepId }) => stepId > 0 && !steps.has(stepId))).toEqual([])
    expect(project.repaired).toEqual([])
    // Where nothing was under way beyond it, the last acknowledged state is the present one.
    const last = said[said.length - 1]
    if (project.log.last === last.entry) expect(project.slides.get(1).nuclei).toBe(last.nuclei)
    expect([0, 1]).toContain(project.log.last - last.entry)
    expect(problemsOf(project)).toEqual([])
  } finally {
    project.close()
  }
}

test(
  'killing the writer during clicks, bulk steps, edits and imports loses nothing acknowledged and damages nothing',
  async () => {
    const shares = Array.from({ length: lanes }, (_, k) => Math.floor((rounds + k) / lanes))
    const acknowledged = await Promise.all(shares.map(lane))
    const sum = acknowledged.reduce((a, b) => a + b, 0)
    console.log(`${rounds} kills, ${sum} acknowledged changes, none lost`)
  },
  rounds * 5_000 + 60_000,
)
