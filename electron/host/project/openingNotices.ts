import { dirname } from 'node:path'
import { tell, type HostEvent, type Told } from '../../contract/index.ts'
import { isNetworkFolder, type Project } from '../../store/index.ts'

interface Notice {
  readonly level: Extract<HostEvent, { kind: 'notice' }>['level']
  readonly sentence: string | Told
}

/** What the user should know of a project that was just opened. */
export function openingNotices(project: Project): Notice[] {
  const notices: Notice[] = project.repaired.map((message) => ({
    level: 'warning',
    sentence: `${sentence(message)}.`,
  }))
  if (isNetworkFolder(dirname(project.path))) notices.push({ level: 'info', sentence: tell('onShare') })
  const missing = project.slides.missing().length
  if (missing > 0) notices.push({ level: 'warning', sentence: tell('slidesMissing', { slides: missing }) })
  return notices
}

const sentence = (text: string) => text[0].toUpperCase() + text.slice(1)
