import { statfsSync } from 'node:fs'

// File system type numbers on Linux (statfs(2)): NFS, SMB, SMB2, CIFS, AFS, Ceph, 9p and FUSE. FUSE can be local or
// remote; it is treated as remote.
const remoteFileSystems = new Set([
  0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x5346414f, 0x00c36400, 0x01021997, 0x65735546,
])

/**
 * Returns whether `folder` is on a network share: by the file system type on Linux, by the UNC path on Windows. Returns
 * false where this cannot be determined.
 */
export function isNetworkFolder(folder: string): boolean {
  if (process.platform === 'win32') return /^(\\\\|\/\/)/.test(folder)
  if (process.platform !== 'linux') return false
  try {
    return remoteFileSystems.has(statfsSync(folder).type)
  } catch {
    return false
  }
}
