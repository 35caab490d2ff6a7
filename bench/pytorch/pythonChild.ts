import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface PythonChild {
  /** Sends a request and returns its answer. */
  ask<Answer>(request: object): Promise<Answer>
  close(): void
}

/** Starts a Python script that answers each JSON line with another. Between requests it only waits for input. */
export function pythonChild(python: string, script: string): PythonChild {
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const started = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  return {
    async ask<Answer>(request: object) {
      await started
      child.stdin.write(`${JSON.stringify(request)}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error(`${script} ended before it answered. Its output is above.`)
      return JSON.parse(value) as Answer
    },
    close: () => void child.stdin.end(),
  }
}
