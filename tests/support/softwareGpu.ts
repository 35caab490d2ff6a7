import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'

/** Variables by which a process finds Vulkan drivers; a user's own choice goes first. */
const driverVariables = ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES']

/**
 * Environment in which WebGPU finds an adapter without a graphics card: SwiftShader, which an npm package of a browser
 * brings along, unpacked into `folder`. Undefined where there is none for this machine. (Mesa's lavapipe 22 is no
 * substitute: it lacks shaderSampledImageArrayDynamicIndexing, which WebGPU asks for.)
 */
export function softwareGpu(folder: string): Record<string, string> | undefined {
  if (driverVariables.some((name) => process.env[name])) return {}
  if (process.platform !== 'linux') return undefined
  const packed = join(fileURLToPath(import.meta.resolve('@sparticuz/chromium')), '../../bin/swiftshader.tar.br')
  if (process.arch !== 'x64' || !existsSync(packed)) return undefined
  const unpacked = spawnSync('tar', ['-x', '-C', folder], { input: brotliDecompressSync(readFileSync(packed)) })
  if (unpacked.status !== 0) return undefined
  return { VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'), LD_LIBRARY_PATH: folder }
}
