import { z } from 'zod'
import { messageSchema } from '../messages/messageSchema.ts'

/** What a file of another tool holds for a slide. */
export const importPreviewSchema = z.object({
  /** Nuclei with an outline. */
  nuclei: z.number().int(),
  /** Nuclei that are only a dot: they give their class to the slide's nucleus at their place. */
  dots: z.number().int(),
  /** Nuclei and dots without a class. */
  unclassified: z.number().int(),
  classes: z.array(
    z.object({
      name: z.string(),
      /** #rrggbb */
      color: z.string(),
      count: z.number().int(),
      /** Name of the project's class that stands for it; null: it would be added. */
      becomes: z.string().nullable(),
    }),
  ),
  /** What would be left out or changed, and why. */
  left: messageSchema.nullable(),
  /** Sentences on how the file was read. */
  notes: z.array(messageSchema),
})
export type ImportPreview = z.infer<typeof importPreviewSchema>
