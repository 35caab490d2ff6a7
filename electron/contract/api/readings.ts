import { z } from 'zod'

/** What a copy of the project brought when it was merged. */
export const mergedCopySchema = z.object({
  file: z.string(),
  /** Labels that now stand beside those here, by reader; none where the copy says nothing that was not here before. */
  readings: z.array(z.object({ reader: z.string(), labels: z.number().int() })),
  /** Nuclei that only the copy had. */
  added: z.number().int(),
  /** Labels whose nuclei are gone, or on slides that are not here. */
  leftOut: z.number().int(),
  /** Decisions between readers, which are nobody's own reading. */
  decisions: z.number().int(),
})
export type MergedCopy = z.infer<typeof mergedCopySchema>
