import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openProject } from '../../electron/store/index.ts'
import { checkProject } from '../../electron/store/maintenance.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryProject } from './temporary.ts'

// More rounds by hand: KARYON_KILLS=200 npx vitest run tests/store/kill.test.ts
const rounds = Number(process.env.KARYON_KILLS ?? 4)
/** Rounds after which a new project is taken, so that late rounds do not only test a long log. */
const roundsPerProject = 25
const writer = fileURLToPath(new URL('writeForever.ts', import.meta.url))

function newProject(): string {
  const { project, slideId } = temporaryProject()
  project.nuclei.append(slideId, squareNuclei(2000))
  project.classes.ensure([{ name: 'a' }, { name: 'b' }])
  project.close()
  return project.path
}

/** Lets the writer work for a moment and kills it; what it said. */
async function killed(path: string): Promise<{ stepId: number; nuclei: number }[]> {
  const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  await once(child.stdout, 'data')
  await new Promise((resolve) => setTimeout(resolve, 120 * Math.random()))
  child.kill('SIGKILL')
  await once(child, 'close')
  return said
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' ').map(Number))
    .map(([stepId, nuclei]) => ({ stepId, nuclei }))
}

test(
  'killing the writer during clicks, bulk steps, edits and imports loses nothing acknowledged and damages nothing',
  async () => {
    let path = newProject()
    let acknowledged = 0
    for (let round = 0; round < rounds; round++) {
      if (round > 0 && round % roundsPerProject === 0) path = newProject()
      const said = await killed(path)
      acknowledged += said.length
      expect(said.length).toBeGreaterThan(0)
      const reopened = openProject(path)
      const steps = new Set(reopened.log.steps(1_000_000).map((step) => step.id))
      expect(said.filter(({ stepId }) => stepId > 0 && !steps.has(stepId))).toEqual([])
      expect(reopened.repaired).toEqual([])
      // The state of the last acknowledged change, or of the one that was under way.
      expect(reopened.slides.get(1).nuclei).toBeGreaterThanOrEqual(said[said.length - 1].nuclei)
      reopened.close()
      // Opening has run integrity_check and every checksum; this compares all content with the log.
      expect(checkProject(path).problems).toEqual([])
    }
    console.log(`${rounds} kills, ${acknowledged} acknowledged changes, none lost`)
  },
  rounds * 5_000 + 60_000,
)
