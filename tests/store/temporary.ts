import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createProject, type Project } from '../../electron/store/index.ts'
import { slideInfo } from './nuclei.ts'

/** A folder that goes when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
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
