import { message, type Message } from './message.ts'

/** The parts of a zod issue that are used. Structural, so that the page need not carry zod. */
interface Issue {
  readonly code?: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[]
}
/** What issues of one code or another say besides. */
interface Details {
  readonly expected?: unknown
  readonly minimum?: unknown
  readonly maximum?: unknown
  readonly values?: readonly unknown[]
  readonly keys?: readonly string[]
}

/** What a schema found wrong with a value, as a part of a sentence. */
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
