import { InvalidArgumentError } from 'commander'

/** Of a data set's many pictures some may say their scale, and what they say holds; of one slide the user knows better. */
export const dataMpp = 'µm per pixel of pictures that do not say'
export const slideMpp = 'µm per pixel of the slide; wins over what its file says'
export const dataMapHelp =
  'other names for the data’s classes, none for a class left out: healthy=epithelial,other=-; JSON; or a JSON file'

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
