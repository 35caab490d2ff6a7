import { expect, it } from 'vitest'
import { trainingTable } from '../../electron/formats/weights/trainingTable.ts'

const sources = [
  { data: 'consep', share: 0.55, classes: { 'spindle-shaped': 'stromal' }, missing: [] },
  { data: 'brca', share: 0.45, perClass: { epithelial: 8832, 'T cell': 1 }, dots: { radius: 4, matched: true } },
]

it('a card says in a plain table how a network was trained, and its data sets in a table of their own', () => {
  const recipe = { optimiser: 'AdamW', peakRate: 0.0002, blur: { part: 0.2, sigma: [0.3, 1.2] } }
  const training = {
    recipe,
    seed: 2,
    perClass: { Tumour: 13_254, 'HeLa|S3': 229 },
    lastLoss: 0.343305,
    note: undefined,
  }
  expect(trainingTable({ ...training, sources })).toBe(`| training | value |
| --- | --- |
| recipe: optimiser | AdamW |
| recipe: peak rate | 0.0002 |
| recipe: blur | part 0.2; sigma (0.3, 1.2) |
| seed | 2 |
| per class | Tumour 13,254; HeLa\\|S3 229 |
| last loss | 0.3433 |

|  | sources: 1 | sources: 2 |
| --- | --- | --- |
| data | consep | brca |
| share | 0.55 | 0.45 |
| classes | spindle-shaped → stromal |  |
| missing | none |  |
| per class |  | epithelial 8,832; T cell 1 |
| dots |  | radius 4; matched yes |`)
})

it('many data sets have a row each', () => {
  const many = Array.from({ length: 6 }, (_, i) => ({ slide: `${i}.svs`, mpp: 0.25 }))
  expect(trainingTable({ many })).toContain('|  | slide | µm/px |\n| --- | --- | --- |\n| many: 1 | 0.svs | 0.25 |')
})
