import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createServer, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server for queues. Without one the tests that need it are skipped: "apt-get install redis-server" brings it. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0
if (!hasRedis) process.stderr.write('Skipped: tests of queues need redis-server (apt-get install redis-server).\n')

export interface TestRedis {
  readonly port: number
  readonly url: string
  start(): Promise<void>
  /** Kills the server as a power cut would; its append-only file stays. */
  kill(): Promise<void>
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

/** A Redis of its own at 127.0.0.1 that keeps its jobs in `folder`. */
export async function testRedis(folder: string, password?: string): Promise<TestRedis> {
  const port = await freePort()
  let child: ChildProcess | undefined
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
      // A server that still loads its file says LOADING.
      socket.once('data', (text) => (socket.destroy(), resolve(!text.toString().includes('LOADING'))))
      socket.once('error', () => resolve(false))
    })
  return {
    port,
    url: `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
    async start() {
      const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '']
      const kept = ['--appendonly', 'yes', '--appendfsync', 'always']
      const secret = password === undefined ? [] : ['--requirepass', password]
      child = spawn('redis-server', [...options, ...kept, ...secret], { stdio: 'ignore' })
      while (!(await answers())) await sleep(50)
    },
    async kill() {
      const ended = new Promise((resolve) => child?.once('exit', resolve))
      if (child?.exitCode === null && child.kill('SIGKILL')) await ended
    },
  }
}
