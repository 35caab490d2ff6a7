import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { message } from '../../electron/contract/index.ts'
import { FailureError, type EngineCalls, type EngineMethod, type Rect } from '../../electron/contract/index.ts'
import type { Engine } from '../../electron/launch/engineClient.ts'
import { writeModel } from './modelFolders.ts'
import { isSearched, shared, wholePixels } from '../../models/geometry/rects.ts'
import { heldOutScore } from '../../models/statistics/heldOutScore.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'

type Implementation = {
  [M in EngineMethod]: (
    params: EngineCalls[M]['params'],
    progress: (progress: EngineCalls[M]['progress']) => void,
    breathe: () => Promise<void>,
  ) => Promise<EngineCalls[M]['result']>
}

/** The nuclei that the fake engine detects: squares of 10 px, 20 px apart, one row at a time. */
export const grid = { columns: 10, rows: 6, step: 20, size: 10 }

const inside = (rect: Rect | undefined, x: number, y: number) =>
  !rect || (x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height)

/**
 * Returns an engine without a network. It detects a grid of nuclei, predicts class 1 in the left half and class 0 in
 * the right half with p = .75, and "trains" by writing a model folder. A tried head gives each nucleus the class of the
 * label nearest in the list. `before` runs before each piece of work, so that
 * a test can wait, fail or kill there. `calls` collects the calls.
 */
export function fakeEngine(
  before: (method: EngineMethod, piece: number) => void | Promise<void> = () => undefined,
  { encodersTell = true } = {},
) {
  const calls: { method: EngineMethod; params: EngineCalls[EngineMethod]['params'] }[] = []
  const work: Implementation = {
    /** The network `tiny` calls everything class 0; any other tells all classes, if `encodersTell`. */
    async probe({ model, test }) {
      await before('probe', 0)
      const knows = encodersTell && basename(model) !== 'tiny'
      const predicted = test.map(({ label }) => (knows ? label : new Uint16Array(label.length)))
      return {
        runs: [{ seed: 1, labelled: 1, penalty: 1, leftOutAccuracy: null, predicted }],
        labelled: 1,
        seconds: 0.1,
      }
    },
    async embed({ slides: [{ nuclei }] }, progress, breathe) {
      for (let done = 0; done <= 4; done++) {
        await before('embed', done)
        await breathe()
        progress({ done, of: 4 })
      }
      const places = Float32Array.from({ length: 2 * nuclei.count }, (_, k) => nuclei.box[4 * (k >> 1) + (k % 2)])
      return { places, landmarks: Uint32Array.from({ length: nuclei.count }, (_, i) => i), seconds: 0.1 }
    },
    async alike({ slide: { nuclei }, nucleus, most }) {
      const away = (i: number) => Math.abs(i - nucleus)
      const others = Uint32Array.from(nuclei.id.keys()).filter((i) => i !== nucleus)
      return { index: others.sort((a, b) => away(a) - away(b)).slice(0, most) }
    },
    async surroundings({ nucleus }) {
      await before('surroundings', nucleus)
      return { classes: ['round', 'long'], together: Float32Array.of(0.25, 0.75), alone: Float32Array.of(0.5, 0.5) }
    },
    /** The nearer in the list, the more alike. */
    async nearestLabelled({ slide, nucleus, labelled, most }) {
      await before('nearestLabelled', nucleus)
      const all = labelled.flatMap((one, s) =>
        Array.from(one.index, (index) => ({ slide: s, index, away: Math.abs(index - nucleus), own: one.slide })),
      )
      const found = all.filter((one) => one.own !== slide.slide || one.index !== nucleus)
      const nearest = found.sort((a, b) => a.away - b.away).slice(0, most)
      return {
        slide: Uint32Array.from(nearest, (one) => one.slide),
        index: Uint32Array.from(nearest, (one) => one.index),
        likeness: Float32Array.from(nearest, (one) => 1 / (1 + one.away)),
        of: found.length,
        without: 0,
      }
    },
    /** A curve over four blocks, right in 60 % of 10 labels and in 5 % more with every doubling. */
    async learningCurve({ slides, classes: names }) {
      const labels = slides.reduce((sum, { index }) => sum + index.length, 0)
      if (labels < 20)
        throw new FailureError('empty', message('tooFewLabels', { labels, classes: names.length, fewest: 20 }))
      const [sizes, repeats, blocks, classes] = [[10, 20, 40, 80], 2, 4, names.length]
      const counts = new Float64Array(sizes.length * repeats * blocks * classes * classes)
      for (let at = 0; at < counts.length; at++) {
        const [called, truth] = [at % classes, Math.floor(at / classes) % classes]
        const right = 60 + 5 * Math.floor(at / (repeats * blocks * classes * classes))
        counts[at] = called === truth ? right : called === (truth + 1) % classes ? 100 - right : 0
      }
      return { curve: { sizes, repeats, blocks, classes, counts }, labels, without: 3, seconds: 0.1 }
    },
    /** The left half expects class 1, the right half class 0, as classify does; neighbours say nothing. */
    async suspects({ slides }, _progress, breathe) {
      await before('suspects', 0)
      await breathe()
      const all = slides.flatMap(({ nuclei, index, label }, slide) =>
        Array.from(index, (i, k) => {
          const expected = nuclei.box[4 * i] + nuclei.origin[0] < (grid.columns * grid.step) / 2 ? 1 : 0
          return { slide, index: i, expected, model: label[k] === expected ? 0.25 : 0.75 + i / 1e4 }
        }),
      )
      all.sort((a, b) => b.model - a.model)
      const model = Float32Array.from(all, (one) => one.model)
      return {
        slide: Uint32Array.from(all, (one) => one.slide),
        index: Uint32Array.from(all, (one) => one.index),
        expected: Uint16Array.from(all, (one) => one.expected),
        ...{ score: model, model, neighbours: new Float32Array(all.length), of: all.length, without: 0, seconds: 0.1 },
      }
    },
    async attention({ nuclei, nucleus }) {
      await before('attention', nucleus)
      const [x, y] = nuclei.box.subarray(4 * nucleus, 4 * nucleus + 2)
      const rows = new Float32Array(2 * 2 * (1 + 4 + nuclei.count)).fill(1 / (5 + nuclei.count))
      return { crop: { x, y, width: 50, height: 50 }, grid: 2, heads: 1, rows }
    },
    async pretrain({ out, title, sources, heldOutShare = 0 }, progress, breathe) {
      for (let step = 0; step < 4; step++) {
        await before('pretrain', step)
        await breathe()
        progress({ stage: 'training', step: step + 1, of: 4, loss: 12 - step })
      }
      const weightsHash = await writeModel(out, { title: title ?? 'Pre-trained', classes: [], lineage: [] })
      const nuclei = sources.reduce((sum, source) => sum + source.nuclei.count, 0)
      return {
        model: out,
        weightsHash,
        steps: 4,
        crops: nuclei,
        firstLoss: 12,
        lastLoss: 9,
        heldOut:
          heldOutShare > 0
            ? { patches: { tokens: 100, accuracy: 0.21, mostFrequent: 0.12, nearestVisible: 0.15 }, nuclei: null }
            : null,
        curve: [],
        waited: 0,
        seconds: 1,
      }
    },
    trainTokenizer: () => Promise.reject(new Error('The host trains no tokenizers.')),
    trainStemTokenizer: () => Promise.reject(new Error('The host trains no tokenizers.')),
    trainDetector: () => Promise.reject(new Error('The host trains no detectors.')),
    showTokenizer: () => Promise.reject(new Error('The host shows no tokenizers.')),
    hello: async () => ({
      provider: 'cpu',
      providerReason: message('providerSet', { provider: 'cpu' }),
      onnxruntime: '0',
      threads: 3,
      memoryMB: null,
    }),
    async detect({ region, searched = [] }, progress, breathe) {
      let nuclei = 0
      const slide = { width: grid.columns * grid.step, height: grid.rows * grid.step }
      for (let row = 0; row < grid.rows; row++) {
        const y = row * grid.step
        const limit = wholePixels(region ?? { x: 0, y: 0, ...slide }, slide)
        const place = shared({ x: 0, y, width: slide.width, height: grid.step }, limit)
        if (place && isSearched(searched, place)) continue
        await before('detect', row)
        await breathe()
        const corners = Array.from({ length: grid.columns }, (_, c) => c * grid.step).filter((x) =>
          inside(region, x, y),
        )
        const { size } = grid
        const outlines = corners.map((x) => [x, y, x + size, y, x + size, y + size, x, y + size])
        nuclei += outlines.length
        progress({
          done: row + 1,
          of: grid.rows,
          nuclei: nucleiFromOutlines(outlines, 'detected'),
          searched: place ? [place] : [],
        })
      }
      return { nuclei, seconds: 0.1 }
    },
    async classify({ nuclei, only, model, tokens }, progress, breathe) {
      const index = only ?? Uint32Array.from({ length: nuclei.count }, (_, i) => i)
      // A fine-tuned model swaps the classes, so that tests can tell the models apart.
      const turned = model.includes('-models')
      for (let k = 0; k < index.length; k += grid.columns) {
        await before('classify', k / grid.columns)
        await breathe()
        const piece = index.slice(k, k + grid.columns)
        const probabilities = Float32Array.from(
          [...piece].flatMap((i) => {
            const isLeft = nuclei.box[4 * i] + nuclei.origin[0] < (grid.columns * grid.step) / 2
            return isLeft !== turned ? [0.25, 0.75] : [0.75, 0.25]
          }),
        )
        progress({ done: k + piece.length, of: index.length, index: piece, probabilities })
      }
      if (tokens) {
        mkdirSync(dirname(tokens), { recursive: true })
        writeFileSync(tokens, 'tokens of a fake')
      }
      return {
        classes: ['round', 'long'],
        provider: 'cpu',
        seconds: 0.1,
        fromCache: false,
        precision: 'float32' as const,
      }
    },
    async tryHead({ classes, labelled, shown }, progress, breathe) {
      await before('tryHead', 0)
      await breathe()
      const own = labelled.find(({ slide }) => slide === shown.slide)
      const { count } = shown.nuclei
      const probabilities = Float32Array.from({ length: count * classes.length }, (_, k) => {
        const i = Math.floor(k / classes.length)
        const away = Array.from(own?.index ?? [], (at) => Math.abs(at - i))
        return own?.label[away.indexOf(Math.min(...away))] === k % classes.length ? 0.75 : 0.25 / (classes.length - 1)
      })
      progress({ done: count, of: count, index: Uint32Array.from({ length: count }, (_, i) => i), probabilities })
      const all = labelled.reduce((sum, { index }) => sum + index.length, 0)
      return { labelled: all, leftOut: 0, trainSeconds: 0.1, seconds: 0.1 }
    },
    async finetune({ model, out, classes, slides, title, heldOut }, progress, breathe) {
      for (let step = 0; step < 4; step++) {
        await before('finetune', step)
        await breathe()
        progress({ stage: 'training', step: step + 1, of: 4, loss: 1 / (step + 1), heldOutLoss: 2 / (step + 1) })
      }
      const label = heldOut?.slides.flatMap((slide) => [...slide.label]) ?? []
      // The parent calls everything the first class, the new model is always right.
      const score =
        heldOut &&
        heldOutScore({
          classes: classes.length,
          label,
          before: label.map(() => 0),
          after: label,
          block: label.map((_, i) => i % 4),
        })
      const lineage = ['tiny', ...(model.includes('-models') ? [basename(model)] : [])]
      const training = { ...(score && { heldOut: { ...heldOut.record, ...score } }) }
      const weightsHash = await writeModel(out, { title: title ?? 'Fine-tuned', classes, lineage, training })
      const labelled = slides.reduce((sum, slide) => sum + slide.index.length, 0)
      const losses = { firstLoss: 1, lastLoss: 0.25 }
      return { model: out, weightsHash, steps: 4, ...losses, labelled, seconds: 0.1, ...(score && { heldOut: score }) }
    },
  }
  const engine: Engine = {
    pid: undefined,
    async call(method, params, options = {}) {
      calls.push({ method, params })
      const breathe = async () => {
        await new Promise((resolve) => setImmediate(resolve))
        if (options.signal?.aborted) throw new FailureError('cancelled', message('cancelled'))
      }
      return work[method](params, options.onProgress ?? (() => undefined), breathe)
    },
    close: async () => undefined,
  }
  return { engine, calls }
}
