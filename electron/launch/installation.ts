import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** The parts of Karyon's installation. They are found both from the source and from the build. */
export interface Installation {
  readonly version: string
  /** Folder of the built page. */
  readonly page: string
  /** Folder with one model per sub-folder. */
  readonly builtInModels: string
  /** Folder with one tokenizer per sub-folder. */
  readonly builtInTokenizers: string
  /** Folder with one detector per sub-folder. */
  readonly builtInDetectors: string
}

export function installation(): Installation {
  let root = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(root, 'package.json')) && dirname(root) !== root) root = dirname(root)
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
  return {
    version,
    page: join(root, 'dist', 'renderer'),
    builtInModels: join(root, 'resources', 'models'),
    builtInTokenizers: join(root, 'resources', 'tokenizers'),
    builtInDetectors: join(root, 'resources', 'detectors'),
  }
}
