import { laneEncoder } from '../../electron/engine/encode/encoderPool.ts'
import { random } from '../../models/nn/random.ts'
import { presets } from '../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../models/nucleusVit/crop.ts'
import { initialise } from '../../models/nucleusVit/initialise.ts'
import { classifierLayout } from '../../models/nucleusVit/layout.ts'

/** A process of its own: it ends while two lanes are inside onnxruntime. */
const config = presets.tiny
const layout = classifierLayout(config, 2)
const network = { config, classes: ['a', 'b'], layout, values: initialise(layout, random(1), config) }
const encoder = laneEncoder(network, 'float32', 2, 2)
const feeds = () => cropEncoder(config).encode(new Uint8Array(3 * config.imageSize ** 2), [2, 3, 20, 24])
await Promise.all([encoder.run(feeds()), encoder.run(feeds())])
for (let i = 0; i < 4; i++) void encoder.run(feeds())
setTimeout(() => process.exit(0), 30)
