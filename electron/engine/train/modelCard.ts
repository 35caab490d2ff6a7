import type { ModelDescription } from '../../formats/weights/modelFolder.ts'
import { presetName } from '../../formats/weights/modelFolder.ts'

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
  const list = (record: unknown) =>
    Object.entries((record ?? {}) as Record<string, unknown>)
      // Its figures are in model.json; the sentence below says what they come to.
      .filter(([key]) => key !== 'heldOut')
      .map(([key, value]) => `| ${key} | ${typeof value === 'object' ? JSON.stringify(value) : String(value)} |`)
      .join('\n')
  return `# ${title}

For research use only. Not a medical device.

Nucleus ViT ${presetName(architecture)}: width ${width}, ${layers} layers, ${heads} heads, ${imageSize} px crops at ${mpp.toFixed(3)} µm/px in
patches of ${patchSize} px. Classes: ${classes.join(', ')}.

- Made: ${created}
- Parents: ${lineage.length ? lineage.join(' → ') : 'none, from random weights'}
- Licence: ${licence}
- Score: ${metric || 'none'}

| training | |
|---|---|
${list(training)}
`
}
