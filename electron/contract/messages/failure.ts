import { inEnglish, reasons, tell, type Doing, type Reason, type Told } from './messages.ts'

/**
 * Expected failures are data, bugs throw. A Failure's message is one sentence or two for a person:
 * what must hold, what arrived, what to try.
 */
export interface Failure {
  readonly kind: FailureKind
  /** In English. */
  readonly message: string
  /** The same as data, where it is one of the catalogue: for other languages. */
  readonly told?: Told
}

export const failureKinds = [
  'not-found', // a file, slide, nucleus or model that is not there
  'unreadable', // there, but damaged, foreign or truncated
  'unsupported', // sound, but of a form we do not read
  'no-scale', // µm/px unknown; the user must say it
  'invalid-input', // an argument or a data file that breaks a rule
  'empty', // nothing to work on
  'read-only', // cannot write there
  'disk-full',
  'away', // its drive, share or folder went away, and may come back
  'busy', // someone else has it open
  'engine', // the engine stopped or a provider failed
  'cancelled',
  'diverged', // a loss or weight became NaN or infinite
  'working', // work under way would have to be stopped; the user must say so
  'closed', // meant for a project that is no longer the open one
] as const
export type FailureKind = (typeof failureKinds)[number]

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })
export const fail = (kind: FailureKind, message: string): { readonly ok: false; readonly failure: Failure } => ({
  ok: false,
  failure: { kind, message },
})

/** Carries a Failure through deep code; `attempt` at a room's border turns it back into data. */
export class FailureError extends Error {
  readonly failure: Failure
  constructor(kind: FailureKind, sentence: string | Told) {
    const said = inEnglish(sentence)
    super(said.message)
    this.name = 'FailureError'
    this.failure = { kind, ...said }
  }

  /** Carries a failure that is there already. */
  static of({ kind, message, told }: Failure): FailureError {
    return new FailureError(kind, told ?? message)
  }
}

/** Runs `work`; a FailureError becomes a failed Result, anything else is a bug and is thrown on. */
export async function attempt<T>(work: () => T | Promise<T>): Promise<Result<T>> {
  try {
    return ok(await work())
  } catch (error) {
    if (error instanceof FailureError) return { ok: false, failure: error.failure }
    throw error
  }
}

/** The value of a Result, or its failure thrown as FailureError. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw FailureError.of(result.failure)
}

const refusals: Readonly<Record<string, readonly [FailureKind, Reason]>> = {
  ENOENT: ['not-found', 'missing'],
  ENOTDIR: ['not-found', 'notFolder'],
  EISDIR: ['invalid-input', 'isFolder'],
  ENAMETOOLONG: ['invalid-input', 'longPath'],
  EACCES: ['read-only', 'denied'],
  EPERM: ['read-only', 'denied'],
  EROFS: ['read-only', 'readOnlyDrive'],
  EEXIST: ['invalid-input', 'taken'],
  ENOSPC: ['disk-full', 'full'],
  EDQUOT: ['disk-full', 'quota'],
  EMFILE: ['busy', 'tooManyFiles'],
  EBUSY: ['busy', 'inUse'],
  EIO: ['away', 'driveError'],
  ...Object.fromEntries(
    ['ESTALE', 'ENOTCONN', 'ENODEV', 'ENXIO', 'EHOSTDOWN', 'EHOSTUNREACH', 'ETIMEDOUT'].map((code) => [
      code,
      ['away', 'gone'] as const,
    ]),
  ),
}

/**
 * What the operating system refused, as a Failure; undefined where `error` is not such a refusal.
 * `doing` names it, or completes an English sentence: "save the project p.karyon".
 */
export function systemFailure(error: unknown, doing: string | Doing): Failure | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!Object.hasOwn(refusals, code)) return undefined
  const [kind, reason] = refusals[code]
  if (typeof doing === 'string') return { kind, message: `Could not ${doing}: ${reasons[reason]}.` }
  return { kind, ...inEnglish(tell('refused', { doing: doing.do, path: doing.path, reason })) }
}

/** Closes a union: a new `kind` that is not handled does not compile. */
export function assertNever(value: never): never {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`)
}
