import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where Karyon keeps its own things (demo slide, projects of slides opened without one): KARYON_HOME or the system's place. */
export function appFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.KARYON_HOME) return environment.KARYON_HOME
  if (platform === 'win32') return join(environment.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Karyon')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Karyon')
  return join(environment.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'karyon')
}
