import { describe, expect, it } from 'vitest'
import { classColours } from '../../electron/contract/api/classes.ts'
import { confusable, difference, seenAs, tooClose } from '../../renderer/features/nuclei/classes/colourVision.ts'

const classes = (...colors: string[]) => colors.map((color, i) => ({ name: `class ${i}`, color }))

describe('the colour-blind check of a class scheme', () => {
  it('colour differences are as defined by CIE: 100 from black to white, 0 between equal colours', () => {
    expect(difference('#000000', '#ffffff', null)).toBeCloseTo(100, 1)
    expect(difference('#123456', '#123456', 'deuteranopia')).toBe(0)
    expect(difference('#ff0000', '#00ff00', null)).toBeCloseTo(170.6, 0) // L*a*b* 53.2, 80.1, 67.2 and 87.7, −86.2, 83.2
  })

  it('red-blind and green-blind people see greys and blue–yellow differences unchanged', () => {
    for (const deficiency of ['protanopia', 'deuteranopia'] as const) {
      const [r, g, b] = seenAs('#808080', deficiency)
      const [grey] = seenAs('#808080', null)
      for (const channel of [r, g, b]) expect(channel).toBeCloseTo(grey, 3)
      expect(difference('#0000ff', '#ffff00', deficiency)).toBeGreaterThan(100)
    }
  })

  it('a red and a green of equal lightness cause a warning', () => {
    const [pair, ...more] = confusable(classes('#c04a3a', '#7a7a2a', '#2040c0'))
    expect(pair).toMatchObject({ first: 'class 0', second: 'class 1' })
    expect(pair.deficiency).not.toBeNull()
    expect(pair.difference).toBeLessThan(tooClose)
    expect(difference('#c04a3a', '#7a7a2a', null)).toBeGreaterThan(tooClose)
    expect(more).toEqual([])
  })

  it('equal colours are reported once, as too close for everybody', () => {
    expect(confusable(classes('#56b4e9', '#57b4e9'))).toMatchObject([{ deficiency: null }])
  })

  it('the default colours cause no warning', () => {
    expect(classColours).toHaveLength(8)
    expect(confusable(classes(...classColours))).toEqual([])
    expect(confusable(classes('#cc79a7', '#999999'))).toMatchObject([{ deficiency: 'deuteranopia' }])
  })
})
