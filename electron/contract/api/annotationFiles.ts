/**
 * Endings of files that hold another tool's nuclei; each may be followed by .gz. The endings of label images are not among
 * them: a picture may be a slide, and only its bytes tell.
 */
export const annotationEndings = [
  '.geojson',
  '.geojsonl',
  '.geojsons',
  '.json',
  '.jsonl',
  '.ndjson',
  '.txt',
  '.xml',
] as const
export type AnnotationEnding = (typeof annotationEndings)[number]

/** Returns the ending of an annotation file's name, in lower case without .gz; undefined for any other file. */
function endingOf(name: string): AnnotationEnding | undefined {
  const plain = name.toLowerCase().replace(/\.gz$/, '')
  return annotationEndings.find((ending) => plain.endsWith(ending))
}

/** Returns whether a file of this name holds nuclei from another tool. Any other file may be a slide; its bytes decide. */
export const isAnnotationFile = (name: string): boolean => endingOf(name) !== undefined

/** Returns an annotation file's name without its ending and .gz; the name of any other file as it is. */
export function withoutAnnotationEnding(name: string): string {
  const ending = endingOf(name)
  return ending === undefined ? name : name.replace(/\.gz$/i, '').slice(0, -ending.length)
}
