// usage: ema.ts checkpoint outFolder : the running mean of a checkpoint as a model folder
import { readFileSync } from 'node:fs'
import { classifierLayout } from '../models/nucleusVit/layout.ts'
import { presets } from '../models/nucleusVit/config.ts'
import { writeModelFolder } from '../electron/formats/weights/modelFolder.ts'
const [file, out] = process.argv.slice(2)
const b = readFileSync(file)
const len = Number(b.readBigUInt64LE(0))
const header = JSON.parse(b.subarray(8, 8 + len).toString())
const layout = classifierLayout(presets['stem-tiny'], 4)
const all = new Float32Array(b.buffer.slice(b.byteOffset + 8 + len))
const state = all.subarray(layout.size)
const values = new Float32Array(layout.size)
let at = 0
for (const s of layout.slots) {
  values.set(state.subarray(at + 2 * s.size, at + 3 * s.size), s.offset)
  at += 3 * s.size
}
console.log(header.__metadata__.step, 'of', header.__metadata__.steps, 'loss', header.__metadata__.lastLoss)
const classes = JSON.parse(process.env.CLASSES!)
await writeModelFolder(out, {
  description: {
    title: 'checkpoint',
    architecture: presets['stem-tiny'],
    classes,
    mpp: 0.314,
    lineage: [],
    created: new Date().toISOString(),
    licence: 'not stated',
    training: {},
    metric: '',
  },
  weights: layout.slots.map(
    (s) => [s.name, { shape: s.shape, data: values.subarray(s.offset, s.offset + s.size) }] as const,
  ),
  card: '# checkpoint\n',
})
