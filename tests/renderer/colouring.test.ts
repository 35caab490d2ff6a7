import { describe, expect, it } from 'vitest'
import type { PredictedClasses, ShownClasses } from '../../electron/contract/nuclei/displayed.ts'
import {
  colouringNow,
  colouringOf,
  colourings,
  needsPredicted,
  type ColourBy,
  type Colouring,
} from '../../renderer/features/nuclei/classes/colouring.ts'
import { rgb } from '../../renderer/features/nuclei/classes/palette.ts'

const classes = [
  { id: 4, name: 'round', color: '#ff0000' },
  { id: 9, name: 'long', color: '#0000ff' },
]
/**
 * Five nuclei: the model is sure; it is unsure; a person's label contradicts it; a person's label agrees with it; there
 * is neither label nor prediction.
 */
const shown: ShownClasses = {
  count: 5,
  classId: Uint16Array.of(4, 9, 9, 4, 0),
  confidence: Uint8Array.of(250, 90, 200, 120, 0),
  uncertain: Uint8Array.of(0, 1, 0, 1, 0),
  labelled: Uint8Array.of(0, 0, 1, 1, 0),
  outside: new Uint8Array(5),
}
const predicted: PredictedClasses = {
  count: 5,
  classId: Uint16Array.of(4, 9, 4, 4, 0),
  margin: Uint8Array.of(245, 10, 150, 60, 0),
  entropy: Uint8Array.of(12, 250, 90, 200, 0),
}
const of = (by: ColourBy, said: PredictedClasses | null = predicted) => colouringOf(by, classes, shown, said)
const colours = ({ colours, rows }: Colouring) => Array.from(rows, (row) => colours[row])
/** Returns the approximate relative luminance of an sRGB colour (IEC 61966-2-1), with 2 in place of its gamma. */
const lightness = (colour: string) => {
  const [r, g, b] = rgb(colour).map((v) => (v / 255) ** 2)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

describe('the colouring of nuclei', () => {
  it('each colouring lists at most 256 colours with their meaning, and uses no others', () => {
    for (const by of colourings) {
      const colouring = of(by)
      expect(colouring.by).toBe(by)
      expect(colouring.rows.length).toBe(shown.count)
      expect(colouring.colours.length).toBeLessThanOrEqual(256)
      for (const colour of colours(colouring)) expect(colour).toMatch(/^#[0-9a-f]{6}$/)
      expect(colouring.legend.kind === 'classes').toBe(['class', 'predicted', 'label'].includes(by))
    }
  })

  it('by class, the colour is faint if the model is unsure and full if a person gave the label', () => {
    const { strengths, ...colouring } = of('class')
    const [sure, unsure, against, alike, nobody] = colours({ strengths, ...colouring })
    expect([sure, unsure, against, alike]).toEqual(['#ff0000', '#0000ff', '#0000ff', '#ff0000'])
    expect(nobody).toBe(colouring.colours[0])
    expect([...strengths!]).toEqual([255, expect.any(Number), 255, 255, 255])
    expect(strengths![1], 'below the model’s own threshold: dashed, and so strong enough to be seen').toBe(210)
    const noThreshold = { ...shown, uncertain: new Uint8Array(5) }
    expect(colouringOf('class', classes, noThreshold, predicted).strengths![1]).toBeLessThan(110)
  })

  it('by the model’s class and by people’s label, each shows only what that one says', () => {
    const none = of('label').colours[0]
    expect(colours(of('predicted'))).toEqual(['#ff0000', '#0000ff', '#ff0000', '#ff0000', none])
    expect(colours(of('label'))).toEqual([none, none, '#0000ff', '#ff0000', none])
  })

  it('by a measurement, the ramp spans what most nuclei have, and the previous colouring stays until it is there', () => {
    const measured = {
      area: Float32Array.of(10, 20, 30, 40, NaN),
      roundness: new Float32Array(5).fill(0.9),
      unit: 'µm²' as const,
    }
    const { rows, legend } = colouringOf('area', classes, shown, predicted, undefined, measured)
    expect([...rows.subarray(0, 4)]).toEqual([...rows.subarray(0, 4)].sort((a, b) => a - b))
    expect(rows[4], 'not measured').toBe(0)
    expect(legend).toMatchObject({ kind: 'ramp', from: '10 µm²', to: '30 µm²' })
    expect(colouringNow('area', 'class', predicted)).toBe('class')
    expect(colouringNow('area', 'class', predicted, measured)).toBe('area')
  })

  it('by probability and by uncertainty, the ramp gets steadily lighter, and nuclei without a prediction have a colour outside it', () => {
    for (const by of ['probability', 'margin', 'entropy'] as const) {
      const { colours: list, rows, legend } = of(by)
      const ramp = list.slice(1).map(lightness)
      for (let k = 1; k < ramp.length; k++) expect(ramp[k]).toBeGreaterThan(ramp[k - 1])
      expect(list.indexOf(list[0], 1)).toBe(-1)
      expect(legend).toMatchObject({ kind: 'ramp', colours: list.slice(1) })
      expect(rows[4], 'nothing is predicted of it').toBe(0)
      expect(Math.min(...rows.subarray(0, 4))).toBeGreaterThan(0)
    }
  })

  it('a higher probability or uncertainty is further along the ramp', () => {
    const places = (by: ColourBy) => [...of(by).rows.subarray(0, 4)]
    const inOrder = (rows: number[], order: number[]) => order.map((i) => rows[i])
    for (const [by, order] of [
      ['probability', [1, 3, 2, 0]],
      ['margin', [0, 2, 3, 1]],
      ['entropy', [0, 2, 3, 1]],
    ] as const) {
      const rows = inOrder(places(by), [...order])
      expect(
        rows.toSorted((a, b) => a - b),
        by,
      ).toEqual(rows)
      expect(new Set(rows).size, by).toBe(4)
    }
  })

  it('by agreement, only nuclei with a label and a prediction are compared', () => {
    const { rows, legend } = of('agreement')
    expect([...rows]).toEqual([0, 0, 2, 1, 0])
    expect(legend).toMatchObject({ kind: 'steps', steps: { length: 3 } })
  })

  it('by source, the colour shows whether the class is from a person, the model or nobody', () => {
    expect([...of('source').rows]).toEqual([1, 1, 2, 2, 0])
  })

  it('a colouring that needs predictions is not used until they have arrived', () => {
    const needing = colourings.filter(needsPredicted)
    expect(needing).toEqual(['predicted', 'margin', 'entropy', 'agreement'])
    for (const by of needing) {
      expect([...of(by, null).rows].every((row) => row === 0)).toBe(true)
      expect([colouringNow(by, 'source', null), colouringNow(by, 'source', predicted)]).toEqual(['source', by])
    }
    expect(colouringNow('probability', 'class', null)).toBe('probability')
  })
})
