import { basename, dirname } from 'node:path'
import type { SlideInfo } from '../../contract/index.ts'
import { cocoText, exporterOf, extensionOf, writeAtomically, type Exporter } from '../../formats/index.ts'
import type { ProjectContext } from '../state/context.ts'
import { newFile } from '../state/paths.ts'
import { slideNames } from '../state/slideNames.ts'

export interface Exported {
  readonly path: string
  readonly nuclei: number
  readonly outside: number
  readonly inPart: boolean
}

/** Yields the content of an export file piece by piece, before compression: the slide's nuclei that count. */
export function exportContent(
  context: ProjectContext,
  slideId: number,
  { content }: Exporter,
  picture?: string,
): ReturnType<Exporter['content']> {
  const { info, absolutePath } = context.project.slides.get(slideId)
  const name = basename(absolutePath)
  const named = (picture ?? name) + imageSuffix(info)
  return content(context.views.classified(slideId), { ...info, name, path: absolutePath, picture: named })
}

/**
 * Returns the name of an export without its extension: the slide's name, with its folder where another slide of the
 * project has the same name, and marked if only part of the slide was searched.
 */
export function exportName({ project }: ProjectContext, slideId: number): string {
  const { searched } = project.slides.get(slideId)
  const name = slideNames(project)
    .get(slideId)!
    .replace(/\.[^./]+?( #\d+)?$/, '$1')
    .replaceAll('/', '-')
  return searched && searched.length > 0 ? `${name}-searched-in-part` : name
}

/** Returns what an image's name needs behind that of its file to open it: nothing for the largest of several. */
function imageSuffix({ images, image, width, height }: SlideInfo): string {
  const isLargest = !images?.some((one) => one.width * one.height > width * height)
  return image === undefined || isLargest ? '' : `#image=${image}`
}

/** Writes the nuclei of several slides that count to one COCO file. Returns what was written of each. */
export async function exportCoco(
  context: ProjectContext,
  slideIds: readonly number[],
  path: string,
  picture: (slide: string) => string,
): Promise<Exported[]> {
  function* slides() {
    for (const id of slideIds) {
      const { info, absolutePath } = context.project.slides.get(id)
      const slide = { ...info, name: basename(absolutePath), picture: picture(absolutePath) + imageSuffix(info) }
      yield { classified: context.views.classified(id), slide }
    }
  }
  await writeAtomically(path, cocoText(slides()), { gzip: false })
  return slideIds.map((id) => exported(context, id, path))
}

/**
 * Writes a slide's nuclei that count to `path`, or to a new file beside the project. In the result, `outside` is the
 * number of nuclei left out because they do not count, and `inPart` says that only part of the slide was searched for
 * nuclei. Throws FailureError if the file cannot be written.
 *
 * @param picture path of the slide from the file's folder, for formats that name it
 */
export async function exportFile(
  context: ProjectContext,
  slideId: number,
  format: string,
  path?: string,
  picture?: string,
): Promise<Exported> {
  const exporter = exporterOf(format)
  const to = path ?? newFile(dirname(context.project.path), exportName(context, slideId), extensionOf(exporter))
  const content = exportContent(context, slideId, exporter, picture)
  await writeAtomically(to, content, { gzip: exporter.gzip ?? false })
  return exported(context, slideId, to)
}

function exported(context: ProjectContext, slideId: number, path: string): Exported {
  const outside = context.tissue.countOutside(slideId)
  const { nuclei, searched } = context.project.slides.get(slideId)
  return { path, nuclei: nuclei - outside, outside, inPart: searched !== null }
}
