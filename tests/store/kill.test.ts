import { expect, test } from 'vitest'
import { openProject } from '../../electron/store/index.ts'
import { problemsOf } from '../../electron/store/rescue/check.ts'
import { isLong } from '../support/long.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryProject } from './temporary.ts'
import { startWriter, type Acknowledged } from './writer.ts'

const rounds = isLong ? 1_000 : 10
/** Rounds after which a new project is taken, so that late rounds do not only test a long log. */
const roundsPerProject = 25
/** While the project of one lane is checked, the writer of the other works on its own. */
const lanes = 2

function newProject(): string {
  const { project, slideId } = temporaryProject()
  project.nuclei.append(slideId, squareNuclei(2000))
  project.classes.getOrAdd([{ name: 'a' }, { name: 'b' }])
  project.close()
  return project.path
}

/**
 * Kills a writer in each of `count` rounds; how many changes were acknowledged, and how often nothing was under way.
 */
async function lane(count: number): Promise<{ acknowledged: number; exact: number }> {
  let acknowledged = 0
  let exact = 0
  let path = ''
  let next = startWriter()
  for (let round = 0; round < count; round++) {
    if (round % roundsPerProject === 0) path = newProject()
    const writer = next
    await writer.work(path, 1, 120 * Math.random())
    const said = await writer.kill()
    next = startWriter()
    acknowledged += said.length
    if (checkReopened(path, said)) exact++
  }
  await next.kill()
  return { acknowledged, exact }
}

/**
 * Opening runs integrity_check and every checksum; the rest compares all content with the log and what was said.
 * Whether the file ends with the last acknowledged change, whose state it then has to show.
 */
function checkReopened(path: string, said: readonly Acknowledged[]): boolean {
  expect(said.length).toBeGreaterThan(0)
  const project = openProject(path)
  try {
    const steps = new Set(project.log.steps(1_000_000).map((step) => step.id))
    expect(said.filter(({ stepId }) => stepId > 0 && !steps.has(stepId))).toEqual([])
    expect(project.repairs).toEqual([])
    expect(problemsOf(project)).toEqual([])
    const last = said[said.length - 1]
    // At most one more change was written before it could be acknowledged.
    expect([0, 1]).toContain(project.log.last - last.entry)
    if (project.log.last > last.entry) return false
    expect(project.slides.get(1).nuclei).toBe(last.nuclei)
    return true
  } finally {
    project.close()
  }
}

test(
  'killing the writer at any moment loses no acknowledged change and damages nothing',
  async () => {
    const shares = Array.from({ length: lanes }, (_, k) => Math.floor((rounds + k) / lanes))
    const done = await Promise.all(shares.map(lane))
    const sum = (of: 'acknowledged' | 'exact') => done.reduce((a, b) => a + b[of], 0)
    expect(sum('exact')).toBeGreaterThan(0)
    console.log(`${rounds} kills, ${sum('acknowledged')} acknowledged changes, none lost`)
  },
  rounds * 5_000 + 60_000,
)
