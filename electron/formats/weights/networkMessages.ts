import { message, type Message } from '../../contract/index.ts'
import type { ConfigProblem } from '../../../models/nucleusVit/config.ts'
import type { DvaeProblem } from '../../../models/tokenizer/dvaeConfig.ts'

/** Returns why a network cannot have this configuration, for a user. */
export function configMessage(problem: ConfigProblem): Message {
  switch (problem.kind) {
    case 'notPositive':
      return message('configPositive', { key: problem.key, value: problem.value })
    case 'indivisible': {
      const { key, value, by, divisor } = problem
      return message('configDivisible', { key, value, by, divisor })
    }
    case 'positions':
      return message('configEighth', { width: problem.width })
    case 'stem':
      return message('configStem')
  }
}

/** Returns why a file's tensors are not a dVAE encoder's, for a user. */
export const dvaeMessage = (problem: DvaeProblem): Message =>
  problem.kind === 'missing'
    ? message('dvaeMissing', { name: problem.name })
    : message('dvaeShape', { name: problem.name, expected: problem.expected, found: problem.found })
