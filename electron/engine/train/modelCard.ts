import type { ModelDescription } from '../../formats/weights/modelFolder.ts'
import { presetName } from '../../formats/weights/modelFolder.ts'
import { trainingTable } from '../../formats/weights/trainingTable.ts'

/** Returns a model card in Markdown with what is known when the model is written. Scores are added once measured. */
export function modelCard({
  title,
  architecture,
  classes,
  mpp,
  lineage,
  created,
  licence,
  training,
  metric,
}: ModelDescription): string {
  const { width, layers, heads, imageSize, patchSize } = architecture
  // The figures of what was held out are in model.json; the score says what they come to.
  const shown = Object.entries((training ?? {}) as Record<string, unknown>).filter(([key]) => key !== 'heldOut')
  return `# ${title}

For research use only. Not a medical device.

Nucleus ViT ${presetName(architecture)}: width ${width}, ${layers} layers, ${heads} heads, ${imageSize} px crops at ${mpp.toFixed(3)} µm/px in
patches of ${patchSize} px. Classes: ${classes.join(', ')}.

- Made: ${created}
- Parents: ${lineage.length ? lineage.join(' → ') : 'none, from random weights'}
- Licence: ${licence}
- Score: ${metric || 'none'}

${trainingTable(Object.fromEntries(shown))}
`
}
