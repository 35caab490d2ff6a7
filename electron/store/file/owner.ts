import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

/**
 * Who has a project open, for the message to a second user. It is only a note beside the file. The lock is SQLite's, so
 * a note left behind by a crash blocks nobody.
 */
const ownerSchema = z.object({ pid: z.number(), host: z.string(), user: z.string() })
export type Owner = z.infer<typeof ownerSchema>

const notePath = (project: string) => `${project}-owner`

export function writeOwner(project: string, owner: Owner): void {
  try {
    writeFileSync(notePath(project), JSON.stringify(owner))
  } catch {
    // Without the note, the message is only less precise.
  }
}

export function readOwner(project: string): Owner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(notePath(project), 'utf8')))
  } catch {
    return undefined
  }
}

export function forgetOwner(project: string): void {
  rmSync(notePath(project), { force: true })
}
