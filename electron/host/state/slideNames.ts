import type { Project } from '../../store/index.ts'

/**
 * Returns a name for each slide of a project that no other slide has: its file name, with as many of its folders in
 * front as tell it apart ("case-A/slide.tif"). Images of one file have their number behind it ("slide.tif #2").
 */
export function slideNames(project: Project): Map<number, string> {
  const names = new Map<number, string>()
  const files = Map.groupBy(project.slides.all(), ({ absolutePath }) => absolutePath)
  let open = [...files].map(([path, slides]) => ({ slides, parts: path.split(/[\\/]/) }))
  for (let depth = 1; open.length > 0; depth++) {
    const nameOf = (parts: readonly string[]) => parts.slice(-depth).join('/')
    const alike = Map.groupBy(open, ({ parts }) => nameOf(parts))
    for (const { slides, parts } of open)
      for (const { id, info } of slides)
        names.set(id, nameOf(parts) + (slides.length > 1 ? ` #${info.image ?? 1}` : ''))
    open = open.filter(({ parts }) => depth < parts.length && alike.get(nameOf(parts))!.length > 1)
  }
  return names
}
