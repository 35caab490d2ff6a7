import { fork } from 'node:child_process'
import { engineProcess } from '../electron/contract/index.js'
import { sibling } from '../electron/launch/sibling.js'
/**
 * Runs a measurement in a fresh process that is started as the engine is, and returns its result. `script` is the
 * program without extension, relative to the caller; it calls `answerParent`. Throws what the measurement threw.
 */
export function inOwnProcess(callerUrl, script, task) {
  const child = fork(sibling(callerUrl, script), [], {
    execArgv: [...process.execArgv, ...engineProcess.execArgv],
    env: { ...process.env, ...engineProcess.env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    child.once('message', (answer) =>
      'problem' in answer ? reject(new Error(answer.problem)) : resolve(answer.result),
    )
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(new Error(`The measurement ended early (${signal ?? `code ${code}`}).`)),
    )
    child.send(task)
  })
}
/** The other side of `inOwnProcess`: measures once, answers and ends. */
export function answerParent(measure) {
  process.once('message', (task) => {
    const send = (answer) => process.send?.(answer, () => process.exit(0))
    measure(task).then(
      (result) => send({ result }),
      (error) => send({ problem: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
}
//# sourceMappingURL=ownProcess.js.map
