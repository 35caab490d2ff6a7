/**
 * Runs a measurement in a fresh process that is started as the engine is, and returns its result. `script` is the
 * program without extension, relative to the caller; it calls `answerParent`. Throws what the measurement threw.
 */
export declare function inOwnProcess<Task extends object, Result>(
  callerUrl: string,
  script: string,
  task: Task,
): Promise<Result>
/** The other side of `inOwnProcess`: measures once, answers and ends. */
export declare function answerParent<Task, Result>(measure: (task: Task) => Promise<Result>): void
