import { openData, labelledSlides } from '../electron/cli/data/dataSlides.ts'
import { loadModel } from '../electron/engine/encode/encoder.ts'
import { tokensOf } from '../electron/engine/encode/tokens.ts'
import { trainHead } from '../electron/engine/head/head.ts'
import { targets } from '../models/train/loss.ts'
import { random } from '../models/nn/random.ts'
import { featureWidth } from '../models/nucleusVit/config.ts'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
const model = await loadModel(process.argv[2])
const cls = [...model.classes]
const C = cls.length,
  W = featureWidth(model.config),
  D = model.config.width
async function enc(tiles: string) {
  const f = '/tmp/stem/few-' + tiles.replace(/\W/g, '_') + '.bin'
  const sets = (await openData(['/work/shared/data/consep/train'], { tiles } as any)).chosen
  const out: { x: Float32Array; y: number[] }[] = []
  for (const s of sets.flatMap((set) => labelledSlides(set, cls))) {
    const t = await tokensOf({ slide: s.slide, mpp: s.mpp, nuclei: s.nuclei } as any, model, async () => {})
    const x = new Float32Array(s.index.length * W)
    s.index.forEach((n: number, k: number) => x.set(t.subarray(n * W, (n + 1) * W), k * W))
    out.push({ x, y: [...s.label] })
  }
  return out
}
const train = await enc('1,4,10,15,20,24'),
  val = await enc('3,8,19,23,26')
const cat = (a: any[]) => {
  const x = new Float32Array(a.reduce((n, s) => n + s.x.length, 0))
  let o = 0
  for (const s of a) {
    x.set(s.x, o)
    o += s.x.length
  }
  return x
}
const TX = cat(train),
  TY = train.flatMap((s) => s.y)
const rng = random(9)
const taken = [0, 0, 0, 0]
const R = [...rng.permutation(TY.length)].filter((i) => ++taken[TY[i]] <= 200)
const RX = new Float32Array(R.length * W)
R.forEach((i, k) => RX.set(TX.subarray(i * W, (i + 1) * W), k * W))
const RY = R.map((i) => TY[i])
const hw = model.layout.slot('head.weight'),
  hb = model.layout.slot('head.bias')
const w0 = model.values.slice(hw.offset, hw.offset + hw.size),
  b0 = model.values.slice(hb.offset, hb.offset + hb.size)
// sizes
const norm = (from: number, to: number) => {
  let s = 0
  for (let r = 0; r < TY.length; r++) for (let k = from; k < to; k++) s += TX[r * W + k] ** 2
  return Math.sqrt(s / TY.length / (to - from))
}
console.log(
  'rms token',
  norm(0, D),
  'features',
  norm(D, W),
  'head token',
  Math.hypot(...w0.filter((_, i) => i % W < D)),
  'head features',
  Math.hypot(...w0.filter((_, i) => i % W >= D)),
)
const acc = (x: Float32Array, y: number[], w: Float32Array, b: Float32Array, skip: Set<number>) => {
  let n = 0,
    ok = 0
  for (let r = 0; r < y.length; r++) {
    if (skip.has(r)) continue
    let best = 0,
      m = -1e9
    for (let c = 0; c < C; c++) {
      let z = b[c]
      for (let k = 0; k < W; k++) z += w[c * W + k] * x[r * W + k]
      if (z > m) {
        m = z
        best = c
      }
    }
    n++
    if (best === y[r]) ok++
  }
  return ok / n
}
const arms: any = { 'token only': () => 0, rule: (n: number) => (0.3 * n) / (n + 200), 'rule .1': (n: number) => 0.1 }
for (const n of [10, 20, 50, 100, 300])
  for (const [name, rule] of Object.entries(arms) as any) {
    const mask = () => 1,
      steps = 300,
      rate = 5e-3
    let before = 0,
      after = 0,
      worst = 1,
      cnt = 0
    for (const [t, tile] of val.entries())
      for (let seed = 0; seed < 2; seed++) {
        const r = random(100 * t + seed)
        const pick = [...r.permutation(tile.y.length)].slice(0, n)
        if (pick.length < n) continue
        // train in scaled coordinates: x*mask with weights; start from parent head: subtract constant logits? emulate by scaling features and weights
        const scale = (x: Float32Array) => x.map((v, i) => v * Math.max(1, 1e-6))
        const share = n / (n + 50)
        const counts = [0, 0, 0, 0]
        RY.forEach((c) => counts[c]++)
        const own = targets(
            pick.map((i) => tile.y[i]),
            n / share,
            { classes: C },
          ),
          rep = targets(RY, 1, { classes: C, classWeights: counts.map((k) => (1 - share) / (k * 4)) })
        const px = new Float32Array(n * W)
        pick.forEach((i, k) => px.set(tile.x.subarray(i * W, (i + 1) * W), k * W))
        const x = new Float32Array(px.length + RX.length)
        x.set(px)
        x.set(RX, px.length)
        const tt = new Float32Array(own.length + rep.length)
        tt.set(own)
        tt.set(rep, own.length)
        const centre = new Float32Array(W)
        for (let i = 0; i < tile.y.length; i++)
          for (let k = 0; k < W; k++) centre[k] += tile.x[i * W + k] / tile.y.length
        const w = w0.map((v, i) => v / Math.max(1, 1e-6)),
          b = b0.slice()
        await trainHead({
          tokens: scale(x),
          targets: tt,
          width: W,
          classes: C,
          weight: w,
          bias: b,
          steps,
          rate,
          centre: scale(centre),
          keepBias: n < 100,
          slower: { from: D, rate: rule(n) },
        })
        const wu = w.map((v, i) => v * Math.max(1, 1e-6))
        const skip = new Set(pick)
        const a0 = acc(tile.x, tile.y, w0, b0, skip),
          a1 = acc(tile.x, tile.y, wu, b, skip)
        before += a0
        after += a1
        cnt++
        worst = Math.min(worst, a1 - a0)
      }
    console.log(
      n,
      name.padEnd(20),
      'before',
      (before / cnt).toFixed(3),
      'after',
      (after / cnt).toFixed(3),
      'worst change',
      worst.toFixed(3),
    )
  }
process.exit(0)
