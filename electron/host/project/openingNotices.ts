import { dirname } from 'node:path'
import { type HostEvent, type Message, message } from '../../contract/index.ts'
import { isNetworkFolder, type Project } from '../../store/index.ts'

interface Notice {
  readonly level: Extract<HostEvent, { kind: 'notice' }>['level']
  readonly message: Message
}

/** Returns what the user should know about a project that was just opened. */
export function openingNotices(project: Project): Notice[] {
  const notices: Notice[] = project.repairs.map((what) => ({
    level: 'warning',
    message: message('repaired', { what }),
  }))
  if (isNetworkFolder(dirname(project.path))) notices.push({ level: 'info', message: message('onShare') })
  const missing = project.slides.missing().length
  if (missing > 0) notices.push({ level: 'warning', message: message('slidesMissing', { slides: missing }) })
  return notices
}
