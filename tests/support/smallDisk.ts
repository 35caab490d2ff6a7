import { onTestFinished } from 'vitest'
import { mountDisk } from './mountDisk.ts'

/** A disk of its own with this much room in a new folder, or undefined where this system does not let a test make one. */
export function smallDisk(folder: string, megabytes: number): string | undefined {
  const unmount = mountDisk(folder, megabytes)
  if (!unmount) return undefined
  onTestFinished(unmount)
  return folder
}
