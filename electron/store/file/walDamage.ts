import { message, type Message } from '../../contract/index.ts'
import { readFileSync } from 'node:fs'

const headerSize = 32
const frameHeaderSize = 24

/**
 * Describes the changes in a write-ahead log that SQLite would silently skip; undefined if there are none, which is
 * usual. SQLite reads the log up to the first damaged frame. After a crash, that is where writing stopped. But a
 * flipped bit further up loses acknowledged changes too: they show as commits of the same log after the damaged frame
 * (layout: sqlite.org/fileformat2.html#walformat).
 */
export function walDamage(project: string): Message | undefined {
  let wal: Buffer
  try {
    wal = readFileSync(`${project}-wal`)
  } catch {
    return undefined // closed well: there is none
  }
  if (wal.length < headerSize + frameHeaderSize) return undefined
  const lost = commitsAfterDamage(wal)
  if (lost === undefined) return message('sessionLost')
  if (lost === 0) return undefined
  return message('changesLost', { changes: lost })
}

/** Counts the commits that SQLite skips. Returns undefined if it skips the whole log. */
function commitsAfterDamage(wal: Buffer): number | undefined {
  const read =
    (wal.readUInt32BE(0) & 1) === 1 ? (at: number) => wal.readUInt32BE(at) : (at: number) => wal.readUInt32LE(at)
  const pageSize = wal.readUInt32BE(8)
  const isHeader = (wal.readUInt32BE(0) & ~1) >>> 0 === 0x377f0682 && pageSize >= 512 && pageSize <= 65_536
  let sum = checksum(read, 0, 24, [0, 0])
  if (!isHeader || !fits(wal, 24, sum)) return undefined
  let isIntact = true
  let lost = 0
  for (let at = headerSize; at + frameHeaderSize + pageSize <= wal.length; at += frameHeaderSize + pageSize) {
    const isOfThisLog = wal.compare(wal, 16, 24, at + 8, at + 16) === 0
    if (isIntact) {
      sum = checksum(read, at, at + 8, sum)
      sum = checksum(read, at + frameHeaderSize, at + frameHeaderSize + pageSize, sum)
      isIntact = isOfThisLog && fits(wal, at + 16, sum)
    }
    const isCommit = wal.readUInt32BE(at + 4) > 0
    if (!isIntact && isOfThisLog && isCommit) lost++
  }
  return lost
}

type Sum = readonly [number, number]

const fits = (wal: Buffer, at: number, [a, b]: Sum) => wal.readUInt32BE(at) === a && wal.readUInt32BE(at + 4) === b

function checksum(read: (at: number) => number, from: number, to: number, start: Sum): Sum {
  let [a, b] = start
  for (let at = from; at < to; at += 8) {
    a = (a + read(at) + b) >>> 0
    b = (b + read(at + 4) + a) >>> 0
  }
  return [a, b]
}
