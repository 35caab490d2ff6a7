import { dirname, relative, resolve } from 'node:path'

/**
 * Who may import whom. A room may import itself and what stands beside its name; everything else is an error.
 * models/ is further kept free of DOM and Node by its own tsconfig.
 */
const mayImport = {
  models: [],
  // Types of columns that pure code works on, and names of its choices.
  'electron/contract': ['models'],
  'electron/threads': ['electron/contract'],
  'electron/slides': ['electron/contract', 'electron/threads', 'models'],
  'electron/store': ['electron/contract', 'models'],
  // Data sets are pictures with nuclei: formats reads their pixels as every picture is read. slides knows nothing of formats.
  'electron/formats': ['electron/contract', 'electron/threads', 'electron/slides', 'models'],
  'electron/demo': ['electron/contract', 'electron/threads', 'electron/formats', 'models'],
  'electron/engine': ['electron/contract', 'electron/threads', 'models', 'electron/slides', 'electron/formats'],
  'electron/host': [
    'electron/contract',
    'models',
    'electron/threads',
    'electron/slides',
    'electron/store',
    'electron/formats',
    'electron/launch',
  ],
  renderer: ['electron/contract', 'models'],
}

const isIn = (path, room) => path === room || path.startsWith(`${room}/`)
const feature = /^renderer\/features\/([^/]+)\//

/** What is wrong with `file` importing `imported` (both relative to the root), or undefined. */
function problem(file, imported) {
  const room = Object.keys(mayImport).find((name) => isIn(file, name))
  if (!room) return undefined
  const allowed = [room, ...mayImport[room]]
  if (!allowed.some((name) => isIn(imported, name)))
    return `${room} may import only: ${allowed.join(', ')} (table in eslint.rooms.js).`
  const [mine, other] = [feature.exec(file)?.[1], feature.exec(imported)?.[1]]
  if (other && other !== mine && !imported.endsWith(`/features/${other}/index.ts`))
    return `Import the feature "${other}" through its index.ts.`
  return undefined
}

/**
 * ESLint rule for the table above. Own code, because the plugins that do this need a native resolver whose packages
 * are not on every registry; relative imports with extensions need no resolver.
 */
export const rooms = {
  rules: {
    imports: {
      meta: { type: 'problem', schema: [] },
      create(context) {
        const root = import.meta.dirname
        const check = (node) => {
          const source = node.source?.value
          if (typeof source !== 'string' || !source.startsWith('.')) return
          const imported = relative(root, resolve(dirname(context.filename), source)).replaceAll('\\', '/')
          const message = problem(relative(root, context.filename).replaceAll('\\', '/'), imported)
          if (message) context.report({ node: node.source, message })
        }
        return {
          ImportDeclaration: check,
          ExportNamedDeclaration: check,
          ExportAllDeclaration: check,
          ImportExpression: check,
        }
      },
    },
  },
}
