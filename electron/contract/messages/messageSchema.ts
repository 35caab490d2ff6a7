import { z } from 'zod'
import { catalogue, type Message, type MessageKey } from './message.ts'

/** A message as it travels. Apart from the catalogue, so that the page need not carry zod. */
export const messageSchema: z.ZodType<Message, Message> = z.object({
  key: z.enum(Object.keys(catalogue.en) as [MessageKey, ...MessageKey[]]),
  params: z.record(z.string(), z.json()),
})
