import { dirname } from 'node:path'
import type { HostEvent } from '../contract/index.ts'
import { isNetworkFolder, type Project } from '../store/index.ts'

type Notice = Pick<Extract<HostEvent, { kind: 'notice' }>, 'level' | 'message'>

/** What the user should know of a project that was just opened. */
export function openingNotices(project: Project): Notice[] {
  const notices: Notice[] = project.repaired.map((message) => ({
    level: 'warning',
    message: `${sentence(message)}.`,
  }))
  if (isNetworkFolder(dirname(project.path)))
    notices.push({
      level: 'info',
      message:
        'This project lies on a network share. Only one person can have it open at a time, and saving takes a little longer.',
    })
  const missing = project.slides.missing().length
  if (missing > 0)
    notices.push({
      level: 'warning',
      message:
        `${missing === 1 ? 'One slide is' : `${missing} slides are`} not where they were. Put them back, or open one of ` +
        'them from its new place: the others are then looked for in the same folder. Labels are safe.',
    })
  return notices
}

const sentence = (text: string) => text[0].toUpperCase() + text.slice(1)
