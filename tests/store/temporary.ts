import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createProject, type Project } from '../../electron/store/index.ts'
import { slideInfo } from './nuclei.ts'

/** Calls back when what was made for a test is no longer needed: after the test, or `afterAll` for a whole file. */
export type WhenOver = (close: () => void | Promise<void>) => void

/** A folder that goes when the test is over. */
export function temporaryFolder(whenOver: WhenOver = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-'))
  whenOver(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A new project with one slide, closed when the test is over. */
export function temporaryProject(folder = temporaryFolder()): { project: Project; slideId: number; folder: string } {
  const project = createProject(join(folder, 'test.karyon'))
  onTestFinished(() => project.close())
  const slide = join(folder, 'slide.png')
  writeFileSync(slide, 'not read by the store')
  return { project, slideId: project.slides.add(slide, slideInfo), folder }
}
