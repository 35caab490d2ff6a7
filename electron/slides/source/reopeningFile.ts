import { open, type FileHandle } from 'node:fs/promises'
import { FailureError, message } from '../../contract/index.ts'

/**
 * A file open for reading that survives the loss of its drive. After an error, the next read opens the file again. It
 * counts as the same file if size and modification time are the same.
 */
export interface ReopeningFile {
  readonly size: number
  /** As FileHandle.read: reads from `offset` into `bytes`. Throws the operating system's errors, or FailureError. */
  read(bytes: Buffer, at: number, length: number, offset: number): Promise<number>
  close(): Promise<void>
}

export async function openReopening(path: string, name: string): Promise<ReopeningFile> {
  let handle: FileHandle | undefined = await open(path, 'r')
  let reopening: Promise<FileHandle> | undefined
  const { size, mtimeMs } = await handle.stat()

  const reopen = async (): Promise<FileHandle> => {
    const fresh = await open(path, 'r')
    const now = await fresh.stat()
    if (now.size === size && now.mtimeMs === mtimeMs) return (handle = fresh)
    await fresh.close()
    throw new FailureError('unreadable', message('slideReplaced', { file: name }))
  }
  /** Gives up a handle that failed. Other reads may still use it; they fail too. */
  const giveUp = (failed: FileHandle) => {
    if (handle !== failed) return
    handle = undefined
    failed.close().catch(() => undefined) // its drive is gone
  }
  return {
    size,
    async read(bytes, at, length, offset) {
      const current = handle ?? (await (reopening ??= reopen().finally(() => (reopening = undefined))))
      try {
        return (await current.read(bytes, at, length, offset)).bytesRead
      } catch (error) {
        giveUp(current)
        throw error
      }
    },
    async close() {
      const last = handle ?? (await reopening?.catch(() => undefined))
      handle = undefined
      await last?.close()
    },
  }
}
