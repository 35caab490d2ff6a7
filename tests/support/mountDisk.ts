import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'

/** Mounts a disk with this much room in a new folder; how to take it away, or undefined where this system does not let a test. */
export function mountDisk(folder: string, megabytes: number): (() => void) | undefined {
  mkdirSync(folder)
  const made = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
  return made.status === 0 ? () => void spawnSync('umount', ['-l', folder]) : undefined
}

/** Takes all the room of a disk by a file on it. */
export function fillUp(path: string): void {
  for (let size = 1 << 20; size >= 512; size >>= 1)
    for (;;)
      try {
        writeFileSync(path, Buffer.alloc(size), { flag: 'a' })
      } catch {
        break
      }
}
