import { presets } from '../../models/nucleusVit/config.ts'
import { writeModelFolder } from '../../electron/formats/weights/modelFolder.ts'

/** Writes a model folder without real weights. Returns the hash of its weights. */
export async function writeModel(
  path: string,
  {
    uncertainBelow,
    training = {},
    ...what
  }: {
    title: string
    classes: string[]
    lineage: string[]
    uncertainBelow?: number
    training?: Record<string, unknown>
  },
): Promise<string> {
  const { json } = await writeModelFolder(path, {
    description: {
      ...what,
      architecture: presets.tiny,
      mpp: 0.25,
      created: '2026-01-01T00:00:00.000Z',
      licence: 'Apache-2.0',
      training,
      metric: '',
      ...(uncertainBelow !== undefined && { calibration: calibration(what.classes.length, uncertainBelow) }),
    },
    weights: [['cls_token', { shape: [1], data: Float32Array.of(0) }]],
    card: `# ${what.title}\n`,
  })
  return json.weightsHash
}

const calibration = (classes: number, uncertainBelow: number) => ({
  ...{ temperature: 1, bias: Array.from({ length: classes }, () => 0), smoothing: 0, uncertainBelow },
  ...{ nuclei: 100, images: 4, expectedCalibrationError: { before: 0.1, after: 0.05 } },
})
