import { titled } from '../support/messages.ts'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FailureError } from '../../electron/contract/index.ts'
import { createProject, openProject, type Project } from '../../electron/store/index.ts'
import { checkProject } from '../../electron/store/rescue/check.ts'
import { fillUp } from '../support/mountDisk.ts'
import { smallDisk } from '../support/smallDisk.ts'
import { slideInfo, squareNuclei } from './nuclei.ts'
import { temporaryFolder, temporaryProject } from './temporary.ts'

const isFull = (error: unknown) => error instanceof FailureError && error.failure.kind === 'disk-full'

test('on a full disk the user is told, acknowledged changes stay, and work continues once there is room', (context) => {
  const disk = smallDisk(join(temporaryFolder(), 'disk'), 3)
  if (!disk) return context.skip('A test may not mount a small disk here.')
  const path = join(disk, 'test.karyon')
  const project = createProject(path)
  onTestFinished(() => project.close())
  writeFileSync(join(disk, 'slide.png'), 'not read by the store')
  const slideId = project.slides.add(join(disk, 'slide.png'), slideInfo)
  const ids = project.nuclei.append(slideId, squareNuclei(1000))
  const label = (classId: number) =>
    project.label({ slideId, reader: 'r', title: titled(`to ${classId}`), ids, classId })
  label(7)
  const filler = join(disk, 'filler')
  writeFileSync(filler, '')
  fillUp(filler)
  let acknowledged = 0
  let refusal: unknown
  for (let k = 0; k < 5000 && !refusal; k++)
    try {
      project.label({ slideId, reader: 'r', title: titled('t'), ids: [ids[k % ids.length]], classId: 1 + (k % 3) })
      acknowledged++
    } catch (error) {
      refusal = error
    }
  expect(isFull(refusal)).toBe(true)
  expect((refusal as FailureError).message).toContain('Make room and try again')
  const before = labelsOf(project, ids)
  expect(project.log.steps(10_000)).toHaveLength(acknowledged + 1)
  expect(() => label(5)).toThrow('disk is full')
  expect(() => project.nuclei.append(slideId, squareNuclei(5000, 0, 3000))).toThrow('disk is full')
  expect(() => project.log.undo('r')).toThrow('disk is full')
  expect(labelsOf(project, ids), 'a refused change leaves no trace').toEqual(before)
  expect(project.slides.get(slideId).nuclei).toBe(1000)

  rmSync(filler)
  expect(label(6)).toBeGreaterThan(0)
  expect(labelsOf(project, ids).every((c) => c === 6)).toBe(true)
  project.log.undo('r')
  expect(labelsOf(project, ids)).toEqual(before)
  project.close()
  expect(checkProject(path).problems).toEqual([])
})

test('a project that has become read-only is refused with a sentence, and opens once it is writable again', (context) => {
  const disk = smallDisk(join(temporaryFolder(), 'disk'), 8)
  if (!disk) return context.skip('A test may not mount a small disk here.')
  const path = join(disk, 'test.karyon')
  createProject(path).close()
  const remount = (how: 'ro' | 'rw') => expect(spawnSync('mount', ['-o', `remount,${how}`, disk]).status).toBe(0)
  remount('ro')
  expect(() => openProject(path)).toThrow('the drive is read-only')
  expect(() => createProject(join(disk, 'other.karyon'))).toThrow('the drive is read-only')
  remount('rw')
  openProject(path).close()
})

test('while a drive refuses writes the user is told, and work continues afterwards', (context) => {
  const allow = (bytes: string) =>
    spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]).status === 0
  if (!allow('unlimited')) return context.skip('This system cannot make writing fail for a test (prlimit).')
  const { project, slideId } = temporaryProject()
  const ids = project.nuclei.append(slideId, squareNuclei(1000))
  const label = (classId: number) => project.label({ slideId, reader: 'r', title: titled('t'), ids, classId })
  label(1)
  allow('4096')
  try {
    for (let k = 0; k < 3; k++) expect(() => label(2)).toThrow('the drive reported an error')
    expect(() => project.log.undo('r')).toThrow('the drive reported an error')
  } finally {
    allow('unlimited')
  }
  expect(labelsOf(project, ids).every((c) => c === 1)).toBe(true)
  label(3)
  expect(project.log.steps(9)).toHaveLength(2)
  project.close()
  expect(checkProject(project.path).problems).toEqual([])
})

const labelsOf = (project: Project, ids: Uint32Array) => [...project.labels.labelsOf(ids)]

/** A project in a folder of its own with one labelled thousand, and the way to label it. */
function onADrive() {
  const drive = join(temporaryFolder(), 'drive')
  mkdirSync(drive)
  const { project, slideId } = temporaryProject(drive)
  const ids = project.nuclei.append(slideId, squareNuclei(1000))
  const label = (classId: number) => project.label({ slideId, reader: 'r', title: titled('t'), ids, classId })
  label(1)
  return { drive, project, ids, label, isAll: (classId: number) => labelsOf(project, ids).every((c) => c === classId) }
}

const isAway = (work: () => void) => {
  const refusal = attemptSync(work)
  expect(refusal).toBeInstanceOf(FailureError)
  expect((refusal as FailureError).failure.kind).toBe('away')
  return (refusal as FailureError).message
}

function attemptSync(work: () => void): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

test('no label is acknowledged while the folder is moved or deleted, and work continues when it is back', () => {
  const { drive, project, label, isAll } = onADrive()
  renameSync(drive, `${drive}-away`)
  expect(isAway(() => label(2))).toContain('its drive or folder is away')
  isAway(() => project.settings.set('reader', 'somebody'))
  expect(isAll(1)).toBe(true)
  renameSync(`${drive}-away`, drive)
  label(3)
  expect(isAll(3)).toBe(true)
})

test('a drive that comes back as another device is used again, with every acknowledged change', () => {
  const { drive, project, ids, label, isAll } = onADrive()
  label(2)
  renameSync(drive, `${drive}-away`)
  isAway(() => label(3))
  cpSync(`${drive}-away`, drive, { recursive: true }) // other files with the same content
  label(4)
  expect(isAll(4)).toBe(true)
  project.log.undo('r')
  expect(isAll(2)).toBe(true)
  project.close()
  expect(checkProject(project.path).problems).toEqual([])
  const again = openProject(project.path)
  expect(labelsOf(again, ids).every((c) => c === 2)).toBe(true)
  expect(again.log.steps(9)).toHaveLength(3)
  again.close()
})

test('an older copy in its place is not mistaken for the project', () => {
  const { drive, label, isAll } = onADrive()
  cpSync(drive, `${drive}-older`, { recursive: true })
  label(2)
  renameSync(drive, `${drive}-away`)
  renameSync(`${drive}-older`, drive)
  expect(isAway(() => label(3))).toContain('it lacks the newest changes')
  expect(isAll(2)).toBe(true)
  renameSync(drive, `${drive}-older`)
  renameSync(`${drive}-away`, drive)
  label(4)
  expect(isAll(4)).toBe(true)
})
