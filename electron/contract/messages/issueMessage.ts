import { message, type Message } from './message.ts'

/** The parts of a zod issue that are used. A structural type, so that the page need not include zod. */
interface Issue {
  readonly code?: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[]
}
/** Further fields of issues, depending on their code. */
interface Details {
  readonly expected?: unknown
  readonly minimum?: unknown
  readonly maximum?: unknown
  readonly values?: readonly unknown[]
  readonly keys?: readonly string[]
}

/** Returns what a schema found wrong with a value, as part of a sentence. */
export function issueMessage(issue: Issue): Message {
  const { expected, minimum, maximum, values = [], keys = [] } = issue as Details
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  switch (issue.code ?? '') {
    case 'invalid_type':
      return message('issueType', { path, expected: String(expected) })
    case 'too_small':
      return message('issueTooSmall', { path, least: String(minimum) })
    case 'too_big':
      return message('issueTooLarge', { path, most: String(maximum) })
    case 'invalid_value':
      return message('issueChoice', { path, choices: values.map(String) })
    case 'unrecognized_keys':
      return message('issueKeys', { path, keys })
    default:
      return message('issueOther', { path })
  }
}
