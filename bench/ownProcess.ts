import { fork } from 'node:child_process'
import { engineProcess } from '../electron/contract/index.ts'
import { sibling } from '../electron/threads/index.ts'

type Answer<Result> = { readonly result: Result } | { readonly problem: string }

/** Runs a measurement in a fresh process started like the engine, and returns its result. `script` is the
 * program without extension, relative to the caller; it calls `answerParent`. Throws what the measurement threw.
 */
export function inOwnProcess<Task extends object, Result>(
  callerUrl: string,
  script: string,
  task: Task,
): Promise<Result> {
  const child = fork(sibling(callerUrl, script), [], {
    execArgv: [...process.execArgv, ...engineProcess.execArgv],
    env: { ...process.env, ...engineProcess.env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    child.once('message', (answer: Answer<Result>) =>
      'problem' in answer ? reject(new Error(answer.problem)) : resolve(answer.result),
    )
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(new Error(`The measurement ended early (${signal ?? `code ${code}`}).`)),
    )
    child.send(task)
  })
}

/** Counterpart of `inOwnProcess` in the new process: measures once, sends the result and exits. */
export function answerParent<Task, Result>(measure: (task: Task) => Promise<Result>): void {
  process.once('message', (task) => {
    const send = (answer: Answer<Result>) => process.send?.(answer, () => process.exit(0))
    measure(task as Task).then(
      (result) => send({ result }),
      (error: unknown) => send({ problem: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
}
