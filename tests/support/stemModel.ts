import { writeModelFolder } from '../../electron/formats/weights/modelFolder.ts'
import { random } from '../../models/nn/random.ts'
import { presets } from '../../models/nucleusVit/config.ts'
import { initialise } from '../../models/nucleusVit/initialise.ts'
import { classifierLayout } from '../../models/nucleusVit/layout.ts'

/** Writes a model folder with a stem of random weights, without classes, for pictures of 0.5 µm/px. */
export async function writeStemModel(path: string): Promise<string> {
  const architecture = presets['stem-tiny']
  const layout = classifierLayout(architecture, 0)
  const values = initialise(layout, random(1), architecture)
  await writeModelFolder(path, {
    description: {
      ...{ title: 'Stem', architecture, classes: [], mpp: 0.5, lineage: [], created: '2026-01-01T00:00:00.000Z' },
      ...{ licence: 'Apache-2.0', training: {}, metric: '' },
    },
    weights: layout.slots.map(
      ({ name, shape, offset, size }) => [name, { shape, data: values.subarray(offset, offset + size) }] as const,
    ),
    card: '# Stem\n',
  })
  return path
}
