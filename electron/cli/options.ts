import { InvalidArgumentError } from 'commander'

/**
 * Help for --mpp. For a data set, a scale in the pictures wins, because they may differ; for one slide, the user's
 * does.
 */
export const dataMpp = 'µm per pixel of pictures that do not say'
export const slideMpp = 'µm per pixel of the slide; wins over what its file says'
export const dataForms =
  'COCO folder, CoNSeP, PanNuke, HoVer-Net JSON, pictures with GeoJSON, or dots (points.json), for which nuclei are found first'
export const dataMapHelp =
  'other names for the data’s classes, none for a class left out: healthy=epithelial,other=-; JSON; or a JSON file'

/** Option parsers. A wrong value is a usage error (exit code 2), not an expected failure (exit code 1). */
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
