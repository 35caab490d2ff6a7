import { connect } from 'node:net'
import type { Hello, Reply, Request, SlideFacts } from '../../electron/slides/openslide/child.ts'
import { overSocket } from '../../electron/slides/openslide/frames.ts'

/**
 * Stands in for a process with the OpenSlide library, where a test needs one that crashes. Its slides have 768 × 256 px
 * in three grey tiles; reading the tile in the middle ends the process as a crash does.
 */
const [address] = process.argv.slice(-2)
const crash = () => process.kill(process.pid, 'SIGKILL')
const facts: SlideFacts = {
  vendor: 'stand-in',
  mpp: ['0.25', '0.25'],
  levels: [{ width: 768, height: 256 }],
  associated: [],
  profile: null,
}
const socket = connect(address).on('error', crash).on('end', crash)
const send = overSocket(socket, (value) => {
  const { id, name, params } = value as Request
  const reply = (given: unknown) => send({ id, value: given } satisfies Reply)
  if (name === 'vendor') return reply(String(params).endsWith('.ndpi') ? 'stand-in' : null)
  if (name === 'open') return reply(facts)
  const { width, height, left } = params as { width: number; height: number; left: number }
  if (left === 256) return crash()
  reply({ width, height, data: new Uint8Array(width * height * 3).fill(200) })
})
send({ pid: process.pid, version: '0 (stand-in)' } satisfies Hello)
