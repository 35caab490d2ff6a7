import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openProject } from '../../electron/store/index.ts'
import { replayedLabels } from '../../electron/store/maintenance.ts'
import { squareNuclei } from './nuclei.ts'
import { temporaryProject } from './temporary.ts'

// More rounds by hand: KARYON_KILLS=200 npx vitest run tests/store/kill.test.ts
const rounds = Number(process.env.KARYON_KILLS ?? 4)

test('killing the writer at any moment loses no acknowledged label', async () => {
  const { project, slideId } = temporaryProject()
  project.nuclei.append(slideId, squareNuclei(500))
  project.close()
  for (let round = 0; round < rounds; round++) {
    const child = spawn(process.execPath, [fileURLToPath(new URL('labelForever.ts', import.meta.url)), project.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    await once(child.stdout, 'data')
    await new Promise((resolve) => setTimeout(resolve, 20 + 120 * Math.random()))
    child.kill('SIGKILL')
    await once(child, 'close')

    const acknowledged = said
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' ').map(Number))
    expect(acknowledged.length).toBeGreaterThan(0)
    const reopened = openProject(project.path)
    const steps = new Set(reopened.log.steps(1_000_000).map((step) => step.id))
    expect(acknowledged.filter(([stepId]) => !steps.has(stepId))).toEqual([])
    expect(replayedLabels(reopened)).toEqual(reopened.labels.blocks)
    reopened.close()
    const raw = new DatabaseSync(project.path)
    expect(raw.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    raw.close()
  }
})
