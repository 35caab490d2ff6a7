import type { ShownVersion } from '../nuclei/displayed.ts'

/**
 * Address of what belongs to one opening of a project (state.project.opening): its binary endpoints and, for calls that
 * must not reach another project, /rpc. Once another project is open it answers with a failure of kind 'closed'.
 */
export const inProject = (opening: number, path: string): string => `/projects/${opening}${path}`

/** Most pictures that are asked for at a time. */
export const mostPlaces = 16

/** Rows of one picture of many in a JPEG: whole blocks of 8, so that none has colours of the next. */
export const picturePitch = (side: number): number => Math.ceil(side / 8) * 8

/** Binary endpoints, all GET, same cookie, each behind `inProject`. Versions are in SlideSummary and make the responses cacheable. */
export const binaryRoutes = {
  tile: (slide: number, level: number, x: number, y: number) => `/slides/${slide}/tiles/${level}/${x}_${y}`,
  /**
   * JPEG of squares of the slide below one another: `size` level-0 pixels a side, their corners at the places (at most
   * `mostPlaces`), each drawn on side × side px of which `picturePitch(side)` rows are its own.
   */
  pictures: (slide: number, places: readonly (readonly [x: number, y: number])[], size: number, side: number) =>
    `/slides/${slide}/pictures/${Math.max(1, Math.round(size))}/${side}/${places.map((xy) => xy.map(Math.round).join('_')).join(',')}`,
  /** JPEG of the whole slide, at most `side` px long. */
  thumbnail: (slide: number, side: number) => `/slides/${slide}/thumbnail/${side}`,
  /** JSON: NucleusChunks, the blocks in which a slide's nuclei are fetched. */
  chunks: (slide: number, version: number) => `/slides/${slide}/chunks?v=${version}`,
  /** packHead() of one block; never changes. */
  chunkHead: (slide: number, chunk: number) => `/slides/${slide}/chunks/${chunk}/head`,
  /** packOutlines() of one block; never changes. */
  chunkOutlines: (slide: number, chunk: number) => `/slides/${slide}/chunks/${chunk}/outlines`,
  /** encodeDrawn(): what people drew, and which nuclei of the blocks no longer count. */
  drawn: (slide: number, version: number) => `/slides/${slide}/drawn?v=${version}`,
  /**
   * encodeShown() of what has changed since the version that the page has, or of the whole slide where it has none or that is
   * not known any more: all blocks in order without the nuclei that no longer count, then the drawn.
   */
  shown: (slide: number, since?: ShownVersion) =>
    `/slides/${slide}/shown${since ? `?nuclei=${since.nucleiVersion}&since=${since.shownVersion}` : ''}`,
  /** encodeTissue(): the outlines of the slide's tissue. */
  tissue: (slide: number) => `/slides/${slide}/tissue`,
  /** encodePredicted() of the whole slide, in the same order. */
  predicted: (slide: number, version: number) => `/slides/${slide}/predicted?v=${version}`,
  /** encodeNucleusMap() */
  map: (slide: number, version: number) => `/slides/${slide}/map?v=${version}`,
  /** encodeAttention() of a nucleus under the model in use; computed when asked for. */
  attention: (slide: number, nucleus: number) => `/slides/${slide}/nuclei/${nucleus}/attention`,
  /** Download in one of the formats that export.formats lists. */
  export: (slide: number, format: string) => `/slides/${slide}/export/${encodeURIComponent(format)}`,
  /** Model card as text. */
  card: (model: string) => `/models/${encodeURIComponent(model)}/card`,
} as const
