import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface PythonChild {
  /** One request, one answer. */
  ask<Answer>(request: object): Promise<Answer>
  close(): void
}

/** A Python script that answers one JSON line with another. Between requests it waits on its input and does nothing. */
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
      if (done) throw new Error(`${script} ended before it answered; what it said stands above.`)
      return JSON.parse(value) as Answer
    },
    close: () => void child.stdin.end(),
  }
}
