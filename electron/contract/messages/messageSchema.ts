import { z } from 'zod'
import { catalogue, type Message, type MessageKey } from './message.ts'

/** Schema of a message. Kept in a file of its own so that the page need not include zod. */
export const messageSchema: z.ZodType<Message, Message> = z.object({
  key: z.enum(Object.keys(catalogue.en) as [MessageKey, ...MessageKey[]]),
  params: z.record(z.string(), z.json()),
})

/** A name from a table of the host, in every language of the page. */
export const inLanguagesSchema = z.object({ en: z.string(), de: z.string() })
export type InLanguages = Readonly<z.infer<typeof inLanguagesSchema>>
