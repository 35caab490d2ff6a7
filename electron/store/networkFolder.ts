import { statfsSync } from 'node:fs'

// Linux magic numbers (statfs(2)): NFS, SMB, SMB2, CIFS, AFS, Ceph, 9p. FUSE may be local or remote: taken as remote.
const remoteFileSystems = new Set([
  0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x5346414f, 0x00c36400, 0x01021997, 0x65735546,
])

/** Whether `folder` lies on a network share, as far as the system tells (Linux file system type, Windows UNC path). */
export function isNetworkFolder(folder: string): boolean {
  if (process.platform === 'win32') return /^(\\\\|\/\/)/.test(folder)
  if (process.platform !== 'linux') return false
  try {
    return remoteFileSystems.has(statfsSync(folder).type)
  } catch {
    return false
  }
}
