import type { Project } from '../../store/index.ts'

/**
 * Returns a name for each slide of a project that no other slide has: its file name, with as many of its folders in
 * front as tell it apart ("case-A/slide.tif").
 */
export function slideNames(project: Project): Map<number, string> {
  const names = new Map<number, string>()
  let open = project.slides.all().map(({ id, absolutePath }) => ({ id, parts: absolutePath.split(/[\\/]/) }))
  for (let depth = 1; open.length > 0; depth++) {
    const counts = new Map<string, number>()
    for (const { id, parts } of open) {
      const name = parts.slice(-depth).join('/')
      names.set(id, name)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    open = open.filter(({ id, parts }) => depth < parts.length && (counts.get(names.get(id)!) ?? 0) > 1)
  }
  return names
}
