import { isAnnotationFile, withoutAnnotationEnding } from '../../../../electron/contract/api/annotationFiles.ts'

export interface DroppedFile {
  readonly name: string
  readonly path: string
}

/** Why an annotation file was not imported. */
export type NotImported = 'noSlideShown' | 'noNamesake' | 'severalNamesakes' | 'slideNotOpen'

/** The actions for dropped files. */
export interface DropWays {
  /** The slide on the stage. */
  readonly shownId: number | null
  /** Opens a slide and returns its id, or null if it was not opened. It may ask the user first. */
  open(path: string): Promise<number | null>
  importNuclei(path: string, slideId: number): Promise<void>
  notImported(name: string, why: NotImported): void
}

/**
 * Opens the slides among dropped files, then imports each annotation file into the slide of the same name. One slide
 * and one annotation file belong together whatever their names. Annotation files without any slide are imported into
 * the slide on the stage.
 */
export async function takeIn(files: readonly DroppedFile[], ways: DropWays): Promise<void> {
  const { shownId } = ways
  const annotations = files.filter(({ name }) => isAnnotationFile(name))
  const slides = files.filter(({ name }) => !isAnnotationFile(name))
  const opened = new Map(slides.map((slide) => [slide, ways.open(slide.path)]))
  const imports = annotations.map(async ({ name, path }) => {
    const own =
      slides.length === 1 && annotations.length === 1 ? slides : slides.filter((slide) => isOf(name, slide.name))
    const isAlone = slides.length === 0
    if (!isAlone && own.length !== 1)
      return ways.notImported(name, own.length === 0 ? 'noNamesake' : 'severalNamesakes')
    const slideId = isAlone ? shownId : await opened.get(own[0])
    if (typeof slideId === 'number') await ways.importNuclei(path, slideId)
    else ways.notImported(name, isAlone ? 'noSlideShown' : 'slideNotOpen')
  })
  await Promise.all([...opened.values(), ...imports])
}

/** Returns whether an annotation file is named after a slide: case.geojson or case.svs.geojson for case.svs. */
function isOf(annotation: string, slide: string): boolean {
  const stem = withoutAnnotationEnding(annotation).toLowerCase()
  const name = slide.toLowerCase()
  const withoutEnding = name.replace(/(\.ome)?\.[^.]+$/, '')
  return stem === name || stem === withoutEnding
}
