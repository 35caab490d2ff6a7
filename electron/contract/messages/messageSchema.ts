import { z } from 'zod'
import { sentences, type SentenceKey } from './messages.ts'

/** Told, as it travels. Beside the sentences and not with them, so that the page need not carry zod. */
export const toldSchema = z.object({
  key: z.enum(Object.keys(sentences) as [SentenceKey, ...SentenceKey[]]),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})
