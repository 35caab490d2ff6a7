import { titled } from '../support/messages.ts'
import { copyFileSync, existsSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, expect, it } from 'vitest'
import { createProject, openProject } from '../../electron/store/index.ts'
import { slideInfo, squareNuclei } from '../store/nuclei.ts'
import { karyon, temporaryFolder } from '../support/cli.ts'

const folder = temporaryFolder()
const file = (name: string) => join(folder, name)

beforeAll(() => {
  writeFileSync(file('slide.png'), 'a slide')
  const project = createProject(file('study.karyon'))
  const slideId = project.slides.add(file('slide.png'), slideInfo)
  const ids = project.nuclei.append(slideId, squareNuclei(50))
  project.classes.getOrAdd([{ name: 'a' }, { name: 'b' }])
  project.label({ slideId, reader: 'Dr Ada', title: titled('t'), ids, classId: 1 })
  project.close()
  copyFileSync(file('study.karyon'), file('bo.karyon'))
  const copy = openProject(file('bo.karyon'))
  copy.label({ slideId, reader: 'Dr Bo', title: titled('t'), ids: ids.slice(0, 40), classId: 1 })
  copy.label({ slideId, reader: 'Dr Bo', title: titled('t'), ids: ids.slice(40), classId: 2 })
  copy.close()
})

it('project info lists the content of a project', async () => {
  const { code, stdout } = await karyon(['project', 'info', file('study.karyon'), '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    classes: ['a', 'b'],
    steps: 1,
    slides: [{ path: 'slide.png', nuclei: 50, labelled: 50, runs: 0 }],
    missingSlides: [],
  })
})

it('project check accepts an intact project and lists the faults of a damaged one', async () => {
  const sound = await karyon(['project', 'check', file('study.karyon')])
  expect([sound.code, sound.stdout]).toEqual([0, 'Sound: 1 slides, 50 nuclei, 1 steps in the log.\n'])
  copyFileSync(file('study.karyon'), file('hurt.karyon'))
  const raw = new DatabaseSync(file('hurt.karyon'))
  raw.exec(`UPDATE nucleusChunk SET outlines = x'1f8b'`)
  raw.close()
  const hurt = await karyon(['project', 'check', file('hurt.karyon')])
  expect(hurt.code).toBe(1)
  expect(hurt.stderr).toMatch(/^karyon: The project is damaged: the table of nucleusChunk/)
  copyFileSync(file('study.karyon'), file('cut.karyon'))
  truncateSync(file('cut.karyon'), 30_000)
  const cut = await karyon(['project', 'check', file('cut.karyon')])
  expect(cut.code).toBe(1)
  expect(cut.stderr).toMatch(/^karyon: The project is damaged|^karyon: Could not use the project/)
})

it('project compact frees unused space, including data that undo no longer needs, and changes nothing else', async () => {
  copyFileSync(file('study.karyon'), file('large.karyon'))
  const project = openProject(file('large.karyon'))
  for (let k = 0; k < 20; k++)
    project.mergeDetection({ slideId: 1, reader: 'r', title: titled('found') }, squareNuclei(5000, k, k))
  project.mergeDetection({ slideId: 1, reader: 'r', title: titled('found') }, squareNuclei(60))
  project.close()
  const { code, stdout } = await karyon(['project', 'compact', file('large.karyon'), '--json'])
  expect(code).toBe(0)
  const { before, after } = JSON.parse(stdout) as { before: number; after: number }
  expect(after).toBeLessThan(before)
  expect((await karyon(['project', 'check', file('large.karyon')])).code).toBe(0)
})

it('project merge writes a new project and reports how much the readers agree', async () => {
  const args = ['project', 'merge', file('study.karyon'), file('bo.karyon'), '-o', file('both.karyon')]
  const { code, stdout } = await karyon(args)
  expect(code).toBe(0)
  expect(stdout).toContain('Dr Bo (bo.karyon): 50 labels beside those that were there')
  expect(stdout).toContain('both labelled 50 nuclei')
  expect(stdout).toContain('10 disputed')
  expect(existsSync(file('both.karyon'))).toBe(true)
  const again = await karyon(args)
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('it is there already')])
})

it('a missing project and an unknown verb are refused', async () => {
  expect((await karyon(['project', 'info', file('none.karyon')])).stderr).toContain('no such file')
  expect((await karyon(['project', 'polish', file('study.karyon')])).code).toBe(2)
  expect((await karyon(['project', 'merge', file('study.karyon'), file('bo.karyon')])).code).toBe(2)
})

it('bench store measures a project and finds it unchanged after all undos', async () => {
  const { code, stdout } = await karyon(['bench', 'store', '--nuclei', '3000', '--steps', '3', '--json'])
  expect(code).toBe(0)
  const measured = JSON.parse(stdout) as Record<string, number | boolean>
  expect(Object.keys(measured).sort()).toEqual([
    'bulkSeconds',
    'fileMB',
    'identicalAfterUndo',
    'peakMB',
    'reopenSeconds',
    'undoSeconds',
  ])
  expect(measured.identicalAfterUndo).toBe(true)
})
