import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { onTestFinished } from 'vitest'

/** A disk of its own with this much room in a new folder, or undefined where this system does not let a test make one. */
export function smallDisk(folder: string, megabytes: number): string | undefined {
  mkdirSync(folder)
  const made = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
  if (made.status !== 0) return undefined
  onTestFinished(() => void spawnSync('umount', ['-l', folder]))
  return folder
}
