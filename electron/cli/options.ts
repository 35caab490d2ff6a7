import { InvalidArgumentError } from 'commander'

/** Option parsers: a wrong value is a usage error (exit 2), not a failure of the work. */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError(`must be a whole number; got "${text}".`)
  return value
}

export function positive(text: string): number {
  const value = Number(text)
  if (!(Number.isFinite(value) && value > 0))
    throw new InvalidArgumentError(`must be a positive number; got "${text}".`)
  return value
}
