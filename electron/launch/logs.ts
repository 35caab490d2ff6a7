import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir, release, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { format } from 'node:util'
import { appFolder, logFolder as logsIn } from './appFolder.ts'

/** Returns the folder of logs and crash reports. Nothing in it leaves the computer by itself. */
export const logFolder = (environment: NodeJS.ProcessEnv = process.env): string => logsIn(appFolder(environment))

export type LogLevel = 'info' | 'warning' | 'error'
/**
 * One process writes the files of a source, because two that rotate one file would lose lines. The engine's are written by
 * who starts engines: only that still has words when an engine is ended by the system.
 */
export type LogSource = 'shell' | 'host' | 'engine'

export interface LogLimits {
  /** Largest size of one file, bytes. */
  readonly bytes: number
  /** Number of files of a source, the newest among them. */
  readonly files: number
  /** Number of crash reports of all sources. */
  readonly crashes: number
}
const usual: LogLimits = { bytes: 1024 * 1024, files: 4, crashes: 10 }

const installed = dirname(dirname(fileURLToPath(import.meta.url))).replaceAll('\\', '/')

/**
 * Returns a text without the paths in it, because names of folders and slides often hold names of patients: only a
 * file's extension is left. Karyon's own source files stay, for stack traces. Where a line holds two paths, what is
 * between them goes too: a folder's name may hold spaces, so nothing says where a path ends.
 */
export function withoutPaths(text: string): string {
  const own = text
    .replaceAll('\\\\', '\\')
    .replaceAll(`file://${installed}/`, 'karyon:')
    .replaceAll(`${installed}/`, 'karyon:')
  return own
    .replaceAll(
      /(?:file:\/\/\/?|(?<!\w)[A-Za-z]:[\\/]|(?<![\w:])\\{1,2}(?=\w)|(?<![\w.:/])~?\/)[^\n]*[\\/](?:[^\n\\/]*?(\.\w{1,9})\b|[^\s\\/]*)/g,
      `<path>$1`,
    )
    .replaceAll(/(?<![\w.:/<])\/[^\s\\/]+/g, '<path>')
    .replaceAll(homedir(), '<path>')
    .replaceAll(tmpdir(), '<path>')
}

/** A log of one process that never grows beyond its limits, and never disturbs the work that it tells of. */
export class Log {
  readonly #folder: string
  readonly #source: LogSource
  readonly #limits: LogLimits
  #size: number | undefined

  constructor(source: LogSource, folder = logFolder(), limits = usual) {
    this.#source = source
    this.#folder = folder
    this.#limits = limits
  }

  /** Appends a line with time and level. A full disk loses the line. */
  write(level: LogLevel, text: string): void {
    const line = `${new Date().toISOString()} ${level} ${withoutPaths(text).replaceAll('\n', '\n  ')}\n`
    this.#quietly(() => {
      const path = this.#path(0)
      mkdirSync(this.#folder, { recursive: true })
      this.#size ??= statSync(path, { throwIfNoEntry: false })?.size ?? 0
      if (this.#size > 0 && this.#size + Buffer.byteLength(line) > this.#limits.bytes) this.#rotate()
      const kept = line.slice(0, this.#limits.bytes)
      appendFileSync(path, kept)
      this.#size += Buffer.byteLength(kept)
    })
  }

  /** Writes a report of its own on an error that ends the process. The oldest reports go. */
  crash(error: unknown): void {
    this.write('error', `crashed: ${format(error)}`)
    this.#quietly(() => {
      const name = `crash-${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${this.#source}.txt`
      const facts = [
        `process: ${this.#source}, running for ${Math.round(process.uptime())} s`,
        `system: ${process.platform} ${release()} ${process.arch}, Node ${process.versions.node}`,
        `memory: ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`,
      ]
      writeFileSync(join(this.#folder, name), `${facts.join('\n')}\n\n${withoutPaths(format(error))}\n`)
      const reports = readdirSync(this.#folder).filter((file) => file.startsWith('crash-'))
      for (const old of reports.sort().slice(0, -this.#limits.crashes)) rmSync(join(this.#folder, old))
    })
  }

  #path(age: number): string {
    return join(this.#folder, age === 0 ? `${this.#source}.log` : `${this.#source}.${age}.log`)
  }

  #rotate(): void {
    for (let age = this.#limits.files - 1; age > 0; age--)
      if (statSync(this.#path(age - 1), { throwIfNoEntry: false })) renameSync(this.#path(age - 1), this.#path(age))
    this.#size = 0
  }

  #quietly(work: () => void): void {
    try {
      work()
    } catch {
      // There is nowhere left to say it.
    }
  }
}

/** Keeps what this process complains of, and why it ends, in the log too. */
export function keepLog(source: LogSource): Log {
  const log = new Log(source)
  for (const [name, level] of [
    ['warn', 'warning'],
    ['error', 'error'],
  ] as const) {
    const said = console[name].bind(console)
    console[name] = (...values: unknown[]) => {
      log.write(level, format(...values))
      said(...values)
    }
  }
  process.on('uncaughtExceptionMonitor', (error) => log.crash(error))
  log.write('info', `started, Node ${process.versions.node}`)
  return log
}

/** A process that is kept in a log: the part of Node's ChildProcess and Electron's UtilityProcess that is used. */
export interface Printing {
  readonly pid?: number | undefined
  readonly stdout: NodeJS.ReadableStream | null
  readonly stderr: NodeJS.ReadableStream | null
}

/**
 * Keeps each line that a child process prints in the log, and prints it here too. Returns what takes news of the process:
 * that it is about to be ended, and how it ended.
 */
export function keepProcess(log: Log, child: Printing): { isToEnd(): void; ended(how: string): void } {
  let isUnexpected = true
  log.write('info', `started${child.pid === undefined ? '' : `, process ${child.pid}`}`)
  for (const [stream, level, own] of [
    [child.stdout, 'info', process.stdout],
    [child.stderr, 'warning', process.stderr],
  ] as const) {
    if (!stream) continue
    stream.on('data', (piece: Buffer) => own.write(piece))
    createInterface({ input: stream }).on('line', (line) => log.write(level, line))
  }
  return {
    isToEnd: () => void (isUnexpected = false),
    ended: (how) => log.write(isUnexpected ? 'error' : 'info', `ended: ${how}`),
  }
}
