import { z } from 'zod'

/** What merging a copy of the project brought. */
export const mergedCopySchema = z.object({
  file: z.string(),
  /** Number of labels now stored beside those here, by reader. Empty if the copy contains nothing new. */
  readings: z.array(z.object({ reader: z.string(), labels: z.number().int() })),
  /** Nuclei that only the copy had. */
  added: z.number().int(),
  /** Labels left out because their nuclei are gone or their slides are not in this project. */
  leftOut: z.number().int(),
  /** Labels that were decisions between two readers, and so are no reader's own reading. */
  decisions: z.number().int(),
})
export type MergedCopy = z.infer<typeof mergedCopySchema>

/** Second looks of a reader from which κ is given. */
export const fewestSecondLooks = 10

/** How far a reader agrees with themselves on nuclei that the queue served again. */
export const selfAgreementSchema = z.object({
  reader: z.string(),
  nuclei: z.number().int(),
  same: z.number().int(),
  /** Cohen's κ with its 95 % interval; null with fewer than `fewestSecondLooks` nuclei or two classes. */
  kappa: z.object({ kappa: z.number(), low: z.number(), high: z.number() }).nullable(),
})
export type SelfAgreement = z.infer<typeof selfAgreementSchema>
