import type { DetectorJson } from '../../formats/weights/detectorFolder.ts'
import { trainingTable } from '../../formats/weights/trainingTable.ts'

/**
 * Returns a detector's card in Markdown with what is known when it is written. `karyon detector score` adds the rest.
 */
export const detectorCard = ({ title, architecture, threshold, created, licence, training }: DetectorJson): string =>
  `# ${title}

For research use only. Not a medical device.

Finds nuclei at ${architecture.mpp} µm per pixel: a heat map of centres, and what lies inside nuclei, from EfficientNet-Lite0's first
eleven blocks and a decoder of ${architecture.width} channels. A centre counts from a probability of ${threshold} on.

- Made: ${created}
- Licence: ${licence}

${trainingTable(training)}
`
