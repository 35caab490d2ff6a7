import type { Socket } from 'node:net'
import { deserialize, serialize } from 'node:v8'

const headLength = 4

/**
 * Sends values over a socket as frames of four bytes of length and the value as v8 writes it, and passes each value that
 * arrives to `receive`. Returns the sender.
 */
export function overSocket(socket: Socket, receive: (value: unknown) => void): (value: unknown) => void {
  let parts: Buffer[] = []
  let held = 0
  /** Bytes of the frame that arrives; its head is read first. */
  let wanted = headLength
  let isHead = true
  socket.on('data', (bytes: Buffer) => {
    parts.push(bytes)
    held += bytes.length
    while (held >= wanted) {
      const all = parts.length === 1 ? parts[0] : Buffer.concat(parts, held)
      const frame = all.subarray(0, wanted)
      parts = [all.subarray(wanted)]
      held -= wanted
      wanted = isHead ? frame.readUInt32LE() : headLength
      isHead = !isHead
      if (isHead) receive(deserialize(frame))
    }
  })
  return (value) => {
    if (!socket.writable) return // its end is reported by 'close'
    const body = serialize(value)
    const head = Buffer.alloc(headLength)
    head.writeUInt32LE(body.length)
    socket.cork()
    socket.write(head)
    socket.write(body)
    socket.uncork()
  }
}
