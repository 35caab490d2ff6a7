import { z } from 'zod'
import { message, type Message } from '../messages/message.ts'
import { messageSchema } from '../messages/messageSchema.ts'

/** Micrometres per level-0 pixel, and who says so. */
export const mppSchema = z.object({
  x: z.number().positive(),
  y: z.number().positive(),
  /** Where the number comes from, in words for the user: "Aperio header (MPP)", "given by the user", … */
  source: z.string(),
})
export type Mpp = z.infer<typeof mppSchema>

export const slideLevelSchema = z.object({
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** Level-0 pixels per pixel of this level. */
  downsample: z.number().positive(),
  /** Stored block size, pixels of this level. */
  tileWidth: z.number().int().positive(),
  tileHeight: z.number().int().positive(),
  /** True where the level is not in the file but made by shrinking the level before it. */
  generated: z.boolean().optional(),
})
export type SlideLevel = z.infer<typeof slideLevelSchema>

/** Projects from before notices had keys keep their English words. */
const noticeSchema = z.union([messageSchema, z.string().transform((text) => message('asWritten', { text }))])

/** What a slide is, without a pixel. Level 0 is the largest; sizes in its pixels. */
export const slideInfoSchema = z.object({
  /** Format name for people: "Aperio SVS", "PNG image", … */
  format: z.string(),
  /** Name of the reader that opened it. */
  reader: z.string(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** null: the file does not say, and nobody has. */
  mpp: mppSchema.nullable(),
  levels: z.array(slideLevelSchema).min(1),
  /** What is amiss with the file though it opened, in sentences. Absent: nothing. */
  notices: z.array(noticeSchema).optional(),
  /** Pictures stored beside the slide: "thumbnail", "macro", "label". A label or macro may name the patient. */
  associated: z.array(z.object({ name: z.string(), width: z.number(), height: z.number() })).optional(),
  /** What the file's colour (ICC) profile calls itself; absent where it has none. */
  profile: z.string().optional(),
})
export type SlideInfo = z.infer<typeof slideInfoSchema>

/** A rectangle in level-0 pixels. */
export const rectSchema = z.object({
  x: z.number(),
  y: z.number(),
  width: z.number().nonnegative(),
  height: z.number().nonnegative(),
})
export type Rect = z.infer<typeof rectSchema>

/**
 * Where nuclei were searched for on a slide: rectangles of whole level-0 pixels that share none; no rectangle where
 * nobody has searched yet. null: everywhere, or nothing speaks against it (nuclei of another tool's file). See
 * models/geometry/rects.ts.
 */
export const searchedSchema = z.array(rectSchema).nullable()
export type Searched = z.infer<typeof searchedSchema>

/** Interleaved 8-bit RGB, row by row: data.length = width · height · 3. */
export interface RgbImage {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Bytes a browser shows as they are. */
export interface EncodedTile {
  readonly mime: 'image/jpeg' | 'image/png' | 'image/webp'
  readonly bytes: Uint8Array
}

/** A format that did not open a slide, and why, in words that end a sentence. */
export interface DeclinedFormat {
  readonly format: string
  readonly why: Message
}

/** What every slide format offers; one per file in electron/slides. Failures are FailureError (see failure.ts). */
export interface SlideReader {
  readonly info: SlideInfo
  /** Formats that were asked before the one that opened the slide. */
  readonly declined: readonly DeclinedFormat[]
  /**
   * Tile in column x, row y of a level, as bytes for the browser. An edge tile is cut to the level's size, or keeps the
   * padding it has in the file (JPEG cannot be cut without loss): draw only the part within the level, as OpenSeadragon
   * does (its sourceBounds). Fails with 'cancelled' once `signal` aborts; work that nobody else waits for is not begun.
   */
  tile(level: number, x: number, y: number, signal?: AbortSignal): Promise<EncodedTile>
  /**
   * The pixels of `rect` (level-0 pixels; may be fractional and may stick out: outside is white) resampled to
   * outWidth × outHeight. Cancelled as tile() is.
   */
  region(rect: Rect, outWidth: number, outHeight: number, signal?: AbortSignal): Promise<RgbImage>
  /**
   * A picture of info.associated, whole. It may name the patient: read it only when the user asks for it, and never
   * write it to logs, exports or reports. Fails with 'not-found'.
   */
  associated(name: string): Promise<EncodedTile>
  close(): Promise<void>
}
