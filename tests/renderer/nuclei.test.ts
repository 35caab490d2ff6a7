import { describe, expect, it } from 'vitest'
import { nothingShown } from '../../electron/contract/nuclei/displayed.ts'
import { colouringOf } from '../../renderer/features/nuclei/classes/colouring.ts'
import { DisplayedColumns } from '../../renderer/features/nuclei/displayedColumns.ts'
import { densityBins, densityPicture } from '../../renderer/features/nuclei/overlay/density.ts'
import { notIn, type Edit } from '../../renderer/features/nuclei/edits.ts'
import { dotVertices, mitreUnit, outlineVertices, runsOf } from '../../renderer/features/nuclei/overlay/geometry.ts'
import { buildGrid, cellsIn, countIn, inTurned } from '../../renderer/features/nuclei/overlay/grid.ts'
import { levelOfDetail, limitsFor } from '../../renderer/features/nuclei/overlay/levelOfDetail.ts'
import { outlinesIn } from '../../renderer/features/nuclei/overlay/outlineBlocks.ts'
import { labelledFlag, unsureFlag, outsideFlag, stateWords } from '../../renderer/features/nuclei/overlay/states.ts'
import { paletteBytes, slotOf } from '../../renderer/features/nuclei/classes/palette.ts'
import { pick } from '../../renderer/features/nuclei/pick.ts'
import { Places } from '../../renderer/features/nuclei/places.ts'
import { nearestInDirection } from '../../renderer/features/nuclei/nearestInDirection.ts'
import { directionOnSlide } from '../../renderer/features/viewer/viewTransform.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'

const square = (x: number, y: number, half: number) =>
  [x - half, y - half, x + half, y - half, x + half, y + half, x - half, y + half] as const

function random(seed: number): () => number {
  let state = seed
  return () => (state = (state * 16807) % 2147483647) / 2147483647
}

function scattered(count: number, extent: number, seed = 7) {
  const next = random(seed)
  const outlines = Array.from({ length: count }, () => square(next() * extent, next() * extent, 2 + next() * 6))
  return nucleiFromOutlines(
    outlines,
    'detected',
    Uint32Array.from({ length: count }, (_, i) => i + 10),
  )
}

describe('the grid of nuclei', () => {
  const nuclei = scattered(5_000, 60_000)
  const grid = buildGrid(nuclei)

  it('the grid contains every nucleus once', () => {
    expect(grid.start.at(-1)).toBe(nuclei.count)
    expect([...grid.order].sort((a, b) => a - b)).toEqual(Array.from({ length: nuclei.count }, (_, i) => i))
  })

  it('exactly the nuclei whose boxes touch a view are counted in it', () => {
    const next = random(3)
    for (let k = 0; k < 20; k++) {
      const left = next() * 60_000
      const top = next() * 60_000
      const view = { left, top, right: left + next() * 20_000, bottom: top + next() * 20_000 }
      let expected = 0
      for (let i = 0; i < nuclei.count; i++) {
        const [xmin, ymin, xmax, ymax] = [0, 1, 2, 3].map((k) => nuclei.box[4 * i + k])
        if (xmin <= view.right && xmax >= view.left && ymin <= view.bottom && ymax >= view.top) expected++
      }
      expect(countIn(nuclei, grid, cellsIn(grid, view), view)).toBe(expected)
    }
  })

  it('in a turned view, the cells and nuclei that reach into it are found', () => {
    const [cos, sin] = [Math.cos(0.6), Math.sin(0.6)]
    const view = {
      a: 0.1 * cos,
      b: 0.1 * sin,
      c: -0.1 * sin,
      d: 0.1 * cos,
      e: 300,
      f: -2_000,
      width: 1_000,
      height: 700,
    }
    const all = cellsIn(grid, { left: -1e6, top: -1e6, right: 1e6, bottom: 1e6 })
    const { cells, count } = inTurned(nuclei, grid, all, view)
    let expected = 0
    for (let cell = 0; cell < grid.start.length - 1; cell++)
      for (const i of grid.order.subarray(grid.start[cell], grid.start[cell + 1])) {
        const [x, y] = [0, 1].map((k) => (nuclei.box[4 * i + k] + nuclei.box[4 * i + k + 2]) / 2)
        const [X, Y] = [view.a * x + view.c * y + view.e, view.b * x + view.d * y + view.f]
        if (X < 0 || Y < 0 || X > view.width || Y > view.height) continue
        expected++
        expect(cells).toContain(cell)
      }
    expect(expected).toBeGreaterThan(20)
    expect(count).toBeGreaterThanOrEqual(expected)
    expect(count).toBeLessThan(1.05 * expected + 5)
    expect(cells.length).toBeLessThan(all.length / 2)
  })

  it('the grid may be empty', () => {
    const none = nucleiFromOutlines([], 'detected')
    const empty = buildGrid(none)
    const view = { left: 0, top: 0, right: 9, bottom: 9 }
    expect(cellsIn(empty, view)).toEqual([])
    expect(pick(none, empty, outlinesIn(none), 4, 4, 10)).toBe(-1)
  })
})

describe('picking', () => {
  it('the nucleus under the mouse is found, even far from the origin', () => {
    const far = nucleiFromOutlines([square(150_000, 90_000, 8), square(150_040, 90_000, 8)], 'detected')
    expect(pick(far, buildGrid(far), outlinesIn(far), 150_041, 90_003, 0)).toBe(1)
    expect(pick(far, buildGrid(far), outlinesIn(far), 150_020, 90_000, 0)).toBe(-1)
  })

  it('the smaller of two nuclei that contain the point is found', () => {
    const nested = nucleiFromOutlines([square(50, 50, 20), square(52, 50, 5)], 'detected')
    expect(pick(nested, buildGrid(nested), outlinesIn(nested), 51, 50, 4)).toBe(1)
  })

  it('the nearest nucleus within the tolerance is found, and none beyond it', () => {
    const two = nucleiFromOutlines([square(10, 10, 4), square(40, 10, 4)], 'detected')
    const grid = buildGrid(two)
    expect(pick(two, grid, outlinesIn(two), 33, 10, 6)).toBe(1)
    expect(pick(two, grid, outlinesIn(two), 25, 10, 6)).toBe(-1)
  })

  it('hidden nuclei are not found', () => {
    const two = nucleiFromOutlines([square(50, 50, 20), square(50, 50, 5)], 'detected')
    expect(pick(two, buildGrid(two), outlinesIn(two), 50, 50, 4, (i) => i !== 1)).toBe(0)
  })

  it('the same nucleus is found as by a search through all nuclei', () => {
    const nuclei = scattered(600, 900)
    const grid = buildGrid(nuclei)
    const next = random(11)
    let hits = 0
    for (let k = 0; k < 120; k++) {
      const x = next() * 900
      const y = next() * 900
      let expected = -1
      let smallest = Infinity
      for (let i = 0; i < nuclei.count; i++) {
        const [xmin, ymin, xmax, ymax] = [0, 1, 2, 3].map((k) => nuclei.box[4 * i + k])
        const [px, py] = [x - nuclei.origin[0], y - nuclei.origin[1]]
        const area = (xmax - xmin) * (ymax - ymin)
        if (px > xmin && px < xmax && py > ymin && py < ymax && area < smallest) {
          expected = i
          smallest = area
        }
      }
      if (expected >= 0) hits++
      expect(pick(nuclei, grid, outlinesIn(nuclei), x, y, 0)).toBe(expected)
    }
    expect(hits).toBeGreaterThan(10)
  })
})

describe('going from nucleus to nucleus', () => {
  const at = ([x, y]: readonly [number, number]) => square(x, y, 4)
  const all = () => true

  it('the nearest nucleus in the direction is found, even far from the origin, or none if there is none', () => {
    const middles = [
      [150_000, 90_000],
      [150_060, 90_004],
      [150_030, 90_025],
      [150_000, 89_700],
    ] as const
    const nuclei = nucleiFromOutlines(middles.map(at), 'detected')
    const from = { x: 150_000, y: 90_000 }
    const step = (dx: number, dy: number, shown: (i: number) => boolean = all) =>
      nearestInDirection(nuclei, buildGrid(nuclei), from, [dx, dy], shown)
    expect(step(1, 0)).toBe(2)
    expect(step(1, 0, (i) => i !== 2)).toBe(1)
    expect(step(0, -1)).toBe(3)
    expect(step(-1, 0)).toBe(-1)
  })

  it('the result is the same as by a search through all nuclei, each of which is in one of four directions', () => {
    const middles = Array.from(
      { length: 3000 },
      (_, k) => [((k * 7919) % 4001) + 20, ((k * 104_729) % 3989) + 20] as const,
    )
    const nuclei = nucleiFromOutlines(middles.map(at), 'detected')
    const grid = buildGrid(nuclei)
    const ways = [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ] as const
    for (let k = 0; k < 40; k++) {
      const from = { x: (k * 617) % 4100, y: (k * 911) % 4100 }
      for (const [dx, dy] of ways) {
        const costs = middles.map(([x, y]) => {
          const [ahead, aside] = [
            (x - from.x) * dx + (y - from.y) * dy,
            Math.abs((x - from.x) * dy - (y - from.y) * dx),
          ]
          return ahead > 0 && aside <= ahead ? Math.hypot(ahead, 2 * aside) : Infinity
        })
        const found = nearestInDirection(nuclei, grid, from, [dx, dy], all)
        expect(found < 0 ? Infinity : costs[found]).toBe(Math.min(...costs))
      }
    }
    const reached = new Set(ways.map((way) => nearestInDirection(nuclei, grid, { x: 2000, y: 2000 }, way, all)))
    expect(reached.size).toBe(4)
  })

  it('on a turned slide, right means right on the screen', () => {
    const quarter = { a: 0, b: 0.5, c: -0.5, d: 0, e: 300, f: 40, width: 800, height: 600 }
    const [dx, dy] = directionOnSlide(quarter, 1, 0)
    expect([dx, dy]).toEqual([expect.closeTo(0), expect.closeTo(-1)])
  })
})

describe('the data for the graphics card', () => {
  it('each outline is a closed strip with two vertices per point, separate from the others', () => {
    const nuclei = nucleiFromOutlines([square(100, 100, 5), square(120, 100, 5)], 'detected')
    const { bytes, vertices } = outlineVertices(outlinesIn(nuclei), buildGrid(nuclei), 0)!
    const place = (v: number) => [...new Float32Array(bytes).subarray(4 * v, 4 * v + 2)]
    const mark = (v: number) => new Uint32Array(bytes)[4 * v + 3]
    expect(vertices).toBe(24)
    expect(place(10)).toEqual(place(1))
    expect([mark(1), mark(2)]).toEqual([0, 1])
    for (let v = 0; v + 2 < vertices; v++) {
      const corners = [v, v + 1, v + 2].map((k) => `${place(k).join()} ${mark(k) & 1}`)
      const isVoid = new Set(corners).size < 3
      const nucleiOfIt = new Set([v, v + 1, v + 2].map((k) => mark(k) >> 1))
      expect(isVoid || nucleiOfIt.size === 1, `triangle ${v}`).toBe(true)
    }
  })

  it('lines are equally thick at corners, and spikes are cut off', () => {
    const mitres = (outline: number[]) => {
      const nuclei = nucleiFromOutlines([outline], 'detected')
      const { bytes } = outlineVertices(outlinesIn(nuclei), buildGrid(nuclei), 0)!
      const int = new Int16Array(bytes)
      return Array.from(
        { length: outline.length / 2 },
        (_, p) => Math.hypot(int[8 * (2 * p + 1) + 4], int[8 * (2 * p + 1) + 5]) / mitreUnit,
      )
    }
    for (const length of mitres([...square(10, 10, 5)])) expect(length).toBeCloseTo(Math.SQRT2, 3)
    expect(Math.max(...mitres([0, 0, 100, 1, 0, 2]))).toBeLessThanOrEqual(2)
  })

  it('every nucleus is drawn as a dot of its size, and a view as runs of its cells', () => {
    const nuclei = scattered(4_000, 9_000)
    const grid = buildGrid(nuclei)
    const dots = new Uint32Array(dotVertices(nuclei, grid))
    expect(new Set(Array.from(grid.order.keys(), (k) => dots[4 * k + 3])).size).toBe(nuclei.count)
    const cells = cellsIn(grid, { left: 2_000, top: 1_000, right: 6_000, bottom: 3_500 })
    const wanted = cells.flatMap((c) => [...grid.order.subarray(grid.start[c], grid.start[c + 1])])
    const runs = runsOf(grid, cells)
    expect(runs.flatMap(([first, count]) => [...grid.order.subarray(first, first + count)])).toEqual(wanted)
    expect(runs.length).toBeLessThan(cells.length)
  })

  it('drawing changes from outlines to dots to density as more nuclei come into view', () => {
    const software = limitsFor('ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)')
    const card = limitsFor('ANGLE (NVIDIA, NVIDIA GeForce RTX 4070)')
    expect(levelOfDetail(500, 14, 1, software)).toBe('outlines')
    expect(levelOfDetail(500, 14, 0.2, card)).toBe('dots')
    expect([software, card].map((most) => levelOfDetail(9_000, 14, 1, most))).toEqual(['dots', 'outlines'])
    expect([software, card].map((most) => levelOfDetail(60_000, 14, 0.5, most))).toEqual(['density', 'dots'])
    expect(levelOfDetail(1_000_000, 14, 0.01, card)).toBe('density')
    expect(limitsFor('')).toEqual(software)
  })

  it('the density picture is the sum of all nuclei except those of hidden classes', () => {
    const classes = [
      { id: 3, name: 'a', color: '#ff0000' },
      { id: 9, name: 'b', color: '#0000ff' },
    ]
    const nuclei = scattered(1_000, 5_000)
    const slots = slotOf(classes)
    const extent = { left: 0, top: 0, width: 5_000, height: 5_000 }
    const shown = nothingShown(nuclei.count)
    shown.classId.forEach((_, i) => (shown.classId[i] = i % 2 ? 3 : 9))
    const colouring = colouringOf('class', classes, shown, null)
    const palette = paletteBytes(['#000000', '#ff0000', '#0000ff'], classes, (id) => (id === 9 ? 0 : 1))
    const { pixels: picture, full } = densityPicture(densityBins(nuclei, extent), {
      shown,
      slots,
      colouring,
      palette,
    })
    expect(full).toBeGreaterThanOrEqual(1)
    const coloured = Array.from({ length: picture.length / 4 }, (_, b) => picture.subarray(4 * b, 4 * b + 4)).filter(
      (pixel) => pixel[3] > 0,
    )
    expect(coloured.length).toBeGreaterThan(100)
    expect(coloured.every((pixel) => pixel[0] === 255 && pixel[2] === 0)).toBe(true)
  })
})

describe('nuclei outside the tissue', () => {
  const shown = {
    count: 4,
    classId: Uint16Array.of(3, 3, 9, 0),
    confidence: Uint8Array.of(250, 250, 250, 0),
    uncertain: Uint8Array.of(1, 1, 1, 0),
    labelled: Uint8Array.of(0, 1, 1, 0),
    outside: Uint8Array.of(0, 1, 0, 1),
  }
  const classes = [
    { id: 3, name: 'a', color: '#ff0000' },
    { id: 9, name: 'b', color: '#0000ff' },
  ]

  it('nuclei outside the tissue are not counted in any class', () => {
    const { counts, outside } = new DisplayedColumns(new Places(Uint32Array.of(1, 2, 3, 4)), shown)
    expect(outside).toBe(2)
    expect(Object.fromEntries(counts)).toEqual({
      3: { nuclei: 1, labelled: 0, uncertain: 1 },
      9: { nuclei: 1, labelled: 1, uncertain: 0 },
    })
  })

  it('nuclei outside the tissue have the colour of unclassified nuclei, and are not part of the density picture', () => {
    const slots = slotOf(classes)
    const colouring = colouringOf('class', classes, shown, null)
    const words = stateWords({ shown, slots, colouring })
    const parts = (word: number) => [word & 255, (word >>> 16) & 255, word >>> 24]
    expect([...words.subarray(0, 4)].map(parts)).toEqual([
      [slots[3], unsureFlag, slots[3]],
      [0, outsideFlag, slots[3]],
      [slots[9], labelledFlag, slots[9]],
      [0, outsideFlag, 0],
    ])
    const nuclei = nucleiFromOutlines(
      [5, 15, 25, 35].map((x) => square(x * 10, 50, 4)),
      'detected',
    )
    const bins = densityBins(nuclei, { left: 0, top: 0, width: 400, height: 400 })
    const palette = paletteBytes(['#808080', '#ff0000', '#0000ff'], classes, () => 1)
    const { pixels } = densityPicture(bins, { shown, slots, colouring, palette })
    const binOf = (i: number) => bins.start.findLastIndex((first) => first <= bins.order.indexOf(i))
    const drawn = [0, 1, 2, 3].map((i) => pixels[4 * binOf(i) + 3] > 0)
    expect(drawn).toEqual([true, false, true, false])
    // Of those that the model is unsure of, the labelled ones stay when the others are hidden.
    const hiding = paletteBytes(['#808080', '#ff0000', '#0000ff'], classes, () => 1, true)
    const seen = densityPicture(bins, { shown, slots, colouring, palette: hiding }).pixels
    expect([0, 1, 2, 3].map((i) => seen[4 * binOf(i) + 3] > 0)).toEqual([false, false, true, false])
  })
})

describe('labels that are not saved yet', () => {
  const shown = {
    count: 3,
    classId: Uint16Array.of(1, 2, 1),
    confidence: Uint8Array.of(200, 90, 120),
    uncertain: Uint8Array.of(0, 1, 0),
    labelled: Uint8Array.of(0, 0, 1),
    outside: new Uint8Array(3),
  }
  const ids = Uint32Array.of(11, 12, 13)

  const displayed = () => new DisplayedColumns(new Places(ids), shown)

  it('unsaved labels are shown above the host’s columns, which are shown again when the labels are removed', () => {
    const columns = displayed()
    columns.setEdits([
      { ids: [12], classId: 4 },
      { ids: [13], classId: null },
    ])
    expect([...columns.shown.classId]).toEqual([1, 4, 1])
    expect([...columns.shown.labelled]).toEqual([0, 1, 0])
    columns.setEdits([])
    expect(columns.shown).toEqual(shown)
  })

  it('the last label of a nucleus is shown, and the one before it if the last is taken back', () => {
    const columns = displayed()
    const [first, second] = [
      { ids: [12], classId: 4 },
      { ids: [12], classId: 5 },
    ]
    const again = { ids: first.ids, classId: 4 }
    columns.setEdits([first, second])
    expect(columns.shown.classId[1]).toBe(5)
    columns.setEdits([first, second, again])
    expect(columns.shown.classId[1]).toBe(4)
    columns.setEdits([first, second])
    expect(columns.shown.classId[1]).toBe(5)
    columns.setEdits([first])
    expect(columns.shown.classId[1]).toBe(4)
  })

  it('unsaved labels are shown above veils, which make a labelled nucleus look as if it were only predicted', () => {
    const columns = displayed()
    columns.setVeils(
      new Map([
        [13, { classId: 2, p: 0.4 }],
        [99, { classId: 1, p: 1 }],
      ]),
    )
    expect([...columns.shown.classId]).toEqual([1, 2, 2])
    expect([...columns.shown.confidence]).toEqual([200, 90, 102])
    expect([...columns.shown.labelled]).toEqual([0, 0, 0])
    expect(columns.counts.get(1), 'counts are of what people said').toEqual({
      nuclei: 2,
      labelled: 1,
      uncertain: 0,
    })
    columns.setEdits([{ ids: [13], classId: 1 }])
    expect([...columns.shown.labelled]).toEqual([0, 0, 1])
    columns.setEdits([])
    columns.setVeils(new Map())
    expect(columns.shown).toEqual(shown)
  })

  it('unsaved labels stay until columns that contain them arrive', () => {
    const saved: Edit = { ids: [11], classId: 2, savedIn: 100 }
    const underWay: Edit = { ids: [12], classId: 2 }
    expect(notIn([saved, underWay], 99)).toEqual([saved, underWay])
    expect(notIn([saved, underWay], 100)).toEqual([underWay])
  })

  it('unsaved labels find their nuclei by id, and removed ids are ignored', () => {
    const of = (wanted: number[], column = ids) => [...new Places(column).of(wanted)]
    expect(of([13, 11, 99])).toEqual([0, 2])
    expect(of([99])).toEqual([])
    expect(of([14, 10, 14], Uint32Array.from([14, 3, 10]))).toEqual([0, 2])
  })
})
