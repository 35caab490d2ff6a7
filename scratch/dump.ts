import { writeFileSync } from 'node:fs'
import { presets } from '../models/nucleusVit/config.ts'
import { classifierLayout } from '../models/nucleusVit/layout.ts'
import { cropEncoder } from '../models/nucleusVit/crop.ts'
import { random } from '../models/nn/random.ts'
import { safetensorsBytes } from '../electron/formats/weights/safetensors.ts'
import { loadModel, encoderOf } from '../electron/engine/encode/encoder.ts'
const m = await loadModel('/root/karyon-runs/mid')
const layout = m.layout,
  values = m.values
const S = 448,
  N = 100
const rng = random(3)
const boxes = Float32Array.from({ length: 4 * N })
for (let i = 0; i < N; i++) {
  const x = rng.between(0, S - 24),
    y = rng.between(0, S - 24)
  boxes.set([x, y, x + 24, y + 22], 4 * i)
}
const rgb = Uint8Array.from({ length: 3 * S * S }, () => 128 + rng.below(100))
writeFileSync(
  '/tmp/stem/w.safetensors',
  safetensorsBytes(
    layout.slots.map((s) => [s.name, { shape: s.shape, data: values.subarray(s.offset, s.offset + s.size) }] as const),
  ),
)
writeFileSync('/tmp/stem/rgb', rgb)
writeFileSync('/tmp/stem/boxes', new Uint8Array(boxes.buffer))
process.env.KARYON_PROVIDER = 'cpu'
const enc = await encoderOf(m)
const r = await enc.run(cropEncoder(m.config).encode(rgb, boxes))
writeFileSync('/tmp/stem/tokens', new Uint8Array(r.tokens.buffer, r.tokens.byteOffset, r.tokens.byteLength))
writeFileSync('/tmp/stem/logits', new Uint8Array(r.logits.buffer, r.logits.byteOffset, r.logits.byteLength))
process.exit(0)
