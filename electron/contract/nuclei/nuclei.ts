/** Nuclei travel and lie as columns; what can be worked out from them is in models/nuclei. */
export { nucleusSources, type Nuclei, type NucleusSource } from '../../../models/nuclei/nuclei.ts'

/** Nuclei that may be made one at once: more would not all touch. */
export const mostMerged = 200
