import { z } from 'zod'
import { sentences, type SentenceKey } from './messages.ts'

/** Told, as it travels. Beside the sentences and not with them, so that the page need not carry zod. */
export const toldSchema = z.object({
  key: z.enum(Object.keys(sentences) as [SentenceKey, ...SentenceKey[]]),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})

/** A name that stands in a table of the host, in every language of the page. */
export const inLanguagesSchema = z.object({ en: z.string(), de: z.string() })
export type InLanguages = Readonly<z.infer<typeof inLanguagesSchema>>
