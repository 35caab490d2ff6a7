/** Nuclei are sent and stored as columns. Computations on them are in models/nuclei. */
export { nucleusSources, type Nuclei, type NucleusSource } from '../../../models/nuclei/nuclei.ts'

/** Largest number of nuclei that can be merged into one. More would not all touch. */
export const mostMerged = 200
