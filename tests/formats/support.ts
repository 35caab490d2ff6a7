import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type ClassifiedNuclei } from '../../electron/contract/index.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'

/** Makes an empty folder in the system's temporary folder and returns its path. */
export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'karyon-formats-'))

/** Writes `content` to a new file and returns its path. Anything but text is written as JSON. */
export function fileWith(content: unknown, name = 'nuclei.geojson'): string {
  const path = join(temporaryFolder(), name)
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text)
  return path
}

/** Returns a square outline as a flat list of coordinates. */
export const square = (x: number, y: number, side = 10): number[] => [
  x,
  y,
  x + side,
  y,
  x + side,
  y + side,
  x,
  y + side,
]

/** Returns a square as a closed GeoJSON ring. */
export const ring = (x: number, y: number, side = 10): number[][] => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
  [x, y],
]

export const feature = (geometry: unknown, properties: unknown = {}, more: object = {}): object => ({
  type: 'Feature',
  geometry,
  properties,
  ...more,
})
export const polygon = (...rings: number[][][]): object => ({ type: 'Polygon', coordinates: rings })
export const collection = (...features: unknown[]): object => ({ type: 'FeatureCollection', features })

export const classified: ClassifiedNuclei = {
  nuclei: nucleiFromOutlines(
    [square(1000.25, 2000.5), square(1100, 2000), square(1200.01, 2100.99, 7)],
    'detected',
    Uint32Array.of(7, 8, 9),
  ),
  classes: [
    { name: 'epithelial', color: '#e69f00' },
    { name: '=cmd|"calc", x', color: '#56b4e9' },
  ],
  classIndex: Int16Array.of(0, 1, -1),
  probabilities: Float32Array.of(0.75, 0.25, 0.125, 0.875, 0, 0),
  probabilityClasses: ['epithelial', '=cmd|"calc", x'],
  labelled: Uint8Array.of(0, 1, 0),
}
