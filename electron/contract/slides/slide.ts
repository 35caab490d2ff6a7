import { z } from 'zod'
import { message, type Message } from '../messages/message.ts'
import { messageSchema } from '../messages/messageSchema.ts'

/** Micrometres per level-0 pixel, and the source of this scale. */
export const mppSchema = z.object({
  x: z.number().positive(),
  y: z.number().positive(),
  /** Where the scale comes from, in words for the user: "Aperio header (MPP)", "given by the user", … */
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
  /** True if the level is not in the file but made by shrinking the previous level. */
  generated: z.boolean().optional(),
})
export type SlideLevel = z.infer<typeof slideLevelSchema>

/** Projects from before notices had keys contain English text. */
const noticeSchema = z.union([messageSchema, z.string().transform((text) => message('asWritten', { text }))])

/** Description of a slide without its pixels. Level 0 is the largest level. Sizes are in level-0 pixels. */
export const slideInfoSchema = z.object({
  /** Format name for people: "Aperio SVS", "PNG image", … */
  format: z.string(),
  /** Name of the reader that opened it. */
  reader: z.string(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** null: neither the file nor the user gives it. */
  mpp: mppSchema.nullable(),
  levels: z.array(slideLevelSchema).min(1),
  /** Problems with the file although it opened, as sentences. Absent: none. */
  notices: z.array(noticeSchema).optional(),
  /** Other images stored in the slide file: "thumbnail", "macro", "label". A label or macro may name the patient. */
  associated: z.array(z.object({ name: z.string(), width: z.number(), height: z.number() })).optional(),
  /** The images of a file that holds several, numbered from 1. Absent: it holds one. */
  images: z.array(z.object({ name: z.string(), width: z.number(), height: z.number() })).optional(),
  /** Number of the opened one of `images`. */
  image: z.number().int().positive().optional(),
  /** Name of the file's colour (ICC) profile; absent if it has none. */
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
 * Where nuclei have been searched for on a slide: non-overlapping rectangles in whole level-0 pixels. Empty if nobody
 * has searched yet. null: everywhere, or assumed so (nuclei from another tool's file). See models/geometry/rects.ts.
 */
export const searchedSchema = z.array(rectSchema).nullable()
export type Searched = z.infer<typeof searchedSchema>

/** Interleaved 8-bit RGB, row by row: data.length = width · height · 3. */
export interface RgbImage {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Image bytes that a browser can show directly. */
export interface EncodedTile {
  readonly mime: 'image/jpeg' | 'image/png' | 'image/webp'
  readonly bytes: Uint8Array
}

/** A format that did not open a slide, and the reason, worded to end a sentence. */
export interface DeclinedFormat {
  readonly format: string
  readonly why: Message
}

/** The interface of every slide format; one per file in electron/slides. Failures are FailureError (see failure.ts). */
export interface SlideReader {
  readonly info: SlideInfo
  /** Formats that were tried before the one that opened the slide. */
  readonly declined: readonly DeclinedFormat[]
  /**
   * Returns the tile in column x, row y of a level, as bytes for the browser. An edge tile is cropped to the level's
   * size, or keeps its padding from the file (JPEG cannot be cropped without loss). Draw only the part within the
   * level, as OpenSeadragon does (its sourceBounds). Throws FailureError 'cancelled' once `signal` aborts; work that no
   * other call waits for is then not started.
   */
  tile(level: number, x: number, y: number, signal?: AbortSignal): Promise<EncodedTile>
  /**
   * Returns the pixels of `rect` (level-0 pixels), resampled to outWidth × outHeight. `rect` may be fractional and may
   * reach beyond the slide; pixels outside are white. Can be cancelled like tile().
   */
  region(rect: Rect, outWidth: number, outHeight: number, signal?: AbortSignal): Promise<RgbImage>
  /**
   * Returns a whole image of info.associated. It may name the patient: read it only when the user asks for it, and
   * never write it to logs, exports or reports. Throws FailureError 'not-found'.
   */
  associated(name: string): Promise<EncodedTile>
  close(): Promise<void>
}
