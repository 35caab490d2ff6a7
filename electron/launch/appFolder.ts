import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Returns the folder for Karyon's own data (demo slide, projects of slides that were opened without one): KARYON_HOME,
 * else the system's default place.
 */
export function appFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.KARYON_HOME) return environment.KARYON_HOME
  if (platform === 'win32') return join(environment.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Karyon')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Karyon')
  return join(environment.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'karyon')
}

/** Returns the folder of the log files. It need not exist. */
export const logFolder = (folder: string = appFolder()): string => join(folder, 'logs')
