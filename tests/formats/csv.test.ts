import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { csvField } from '../../electron/formats/annotations/export/csv.ts'
import { csvText, exporterOf, writeAtomically } from '../../electron/formats/index.ts'
import { classified, temporaryFolder } from './support.ts'
import { centroidAndArea } from '../../models/geometry/polygon.ts'

describe('CSV export', () => {
  test('the file has one row per nucleus with its position in px and µm, area, class and probabilities', () => {
    const rows = [...csvText(classified, { x: 0.25, y: 0.5 })]
    expect(rows[0]).toBe(
      '\uFEFFid,x_px,y_px,x_um,y_um,area_um2,class,probability,labelled_by_human,uncertain,p(epithelial),"p(=cmd|""calc"", x)",uuid\r\n',
    )
    expect(rows[1]).toBe(
      '7,1005.25,2005.5,251.313,1002.75,12.5,epithelial,0.75,0,,0.75,0.25,6b617279-6f6e-8000-8000-000000000007\r\n',
    )
    expect(rows[2]).toBe(
      '8,1105,2005,276.25,1002.5,12.5,"\'=cmd|""calc"", x",0.875,1,,0.125,0.875,6b617279-6f6e-8000-8000-000000000008\r\n',
    )
    expect(rows[3]).toMatch(/^9,1203\.51,2104\.49,.*,6\.125,,,0,,,,[-0-9a-f]{36}\r\n$/)
    expect(rows).toHaveLength(4)
  })

  test('the whole file is written to disk', async () => {
    const path = join(temporaryFolder(), 'nuclei.csv')
    const mpp = { x: 0.25, y: 0.25, source: 'test' }
    await writeAtomically(
      path,
      exporterOf('csv').content(classified, { mpp, width: 4000, height: 4000, name: 'a.svs', picture: 'a.svs' }),
    )
    expect(readFileSync(path, 'utf8').split('\r\n')).toHaveLength(5)
  })

  test('for a German spreadsheet, fields are separated by semicolons and numbers have a decimal comma', () => {
    const mpp = { x: 0.25, y: 0.5, source: 'test' }
    const slide = { mpp, width: 4000, height: 4000, name: 'a.svs', picture: 'a.svs' }
    const rows = [...(exporterOf('csv-semicolon').content(classified, slide) as Iterable<string>)]
    expect(rows[1]).toMatch(/^7;1005,25;2005,5;251,313;1002,75;12,5;epithelial;0,75;0;;0,75;0,25;/)
    expect(rows[0]).toMatch(/^\uFEFFid;x_px;/)
  })

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])(
    'a class name %j cannot run as a formula in a spreadsheet',
    (name) => {
      expect(csvField(name)).toMatch(/^"?'/)
    },
  )

  test('the centroid is the centre of the area, whether the outline runs clockwise or anticlockwise', () => {
    const l = Float32Array.of(0, 0, 4, 0, 4, 1, 1, 1, 1, 4, 0, 4)
    const reversed = Float32Array.of(0, 4, 1, 4, 1, 1, 4, 1, 4, 0, 0, 0)
    // Two rectangles, 4×1 and 1×3.
    const expected = { x: (4 * 2 + 3 * 0.5) / 7, y: (4 * 0.5 + 3 * 2.5) / 7, area: 7 }
    for (const outline of [l, reversed]) {
      const c = centroidAndArea(outline, 0, 6)
      expect(c.x).toBeCloseTo(expected.x, 10)
      expect(c.y).toBeCloseTo(expected.y, 10)
      expect(c.area).toBeCloseTo(expected.area, 10)
    }
  })
})
