import type { ShownVersion } from '../nuclei/displayed.ts'

/**
 * Returns the address of `path` within one opening of a project (state.project.opening). It serves the binary endpoints
 * and /rpc for calls that must not reach another project. Once another project is open, it answers with a failure of
 * kind 'closed'.
 */
export const inProject = (opening: number, path: string): string => `/projects/${opening}${path}`

/** Largest number of pictures in one request. */
export const mostPlaces = 16

/**
 * Returns the number of rows per picture when several share a JPEG: a multiple of 8, the JPEG block size, so that no
 * picture gets colours of the next.
 */
export const picturePitch = (side: number): number => Math.ceil(side / 8) * 8

/**
 * Binary endpoints. All are GET, use the same cookie and have an `inProject` prefix. Versions come from SlideSummary
 * and make the responses cacheable.
 */
export const binaryRoutes = {
  tile: (slide: number, level: number, x: number, y: number) => `/slides/${slide}/tiles/${level}/${x}_${y}`,
  /**
   * JPEG of squares of the slide, stacked vertically. Each square has `size` level-0 pixels a side and its top left
   * corner at one of `places` (at most `mostPlaces`). It is drawn at side × side px and occupies `picturePitch(side)`
   * rows.
   */
  pictures: (slide: number, places: readonly (readonly [x: number, y: number])[], size: number, side: number) =>
    `/slides/${slide}/pictures/${Math.max(1, Math.round(size))}/${side}/${places.map((xy) => xy.map(Math.round).join('_')).join(',')}`,
  /** JPEG of the whole slide. Its longer side is `side` px. */
  thumbnail: (slide: number, side: number) => `/slides/${slide}/thumbnail/${side}`,
  /** JSON: NucleusChunks, the chunks in which a slide's nuclei are fetched. */
  chunks: (slide: number, version: number) => `/slides/${slide}/chunks?v=${version}`,
  /** packHead() of one chunk; never changes. */
  chunkHead: (slide: number, chunk: number) => `/slides/${slide}/chunks/${chunk}/head`,
  /** packOutlines() of one chunk; never changes. */
  chunkOutlines: (slide: number, chunk: number) => `/slides/${slide}/chunks/${chunk}/outlines`,
  /** encodeDrawn(): the outlines that people drew, and which nuclei of the chunks they replace or delete. */
  drawn: (slide: number, version: number) => `/slides/${slide}/drawn?v=${version}`,
  /**
   * encodeShown() of the changes since the version that the page has. If the page has none, or its version is no longer
   * known, it is of the whole slide: all chunks in order without replaced nuclei, then the drawn nuclei.
   */
  shown: (slide: number, since?: ShownVersion) =>
    `/slides/${slide}/shown${since ? `?nuclei=${since.nucleiVersion}&since=${since.shownVersion}` : ''}`,
  /** encodeTissue(): the outlines of the slide's tissue. */
  tissue: (slide: number) => `/slides/${slide}/tissue`,
  /** encodePredicted() of the whole slide, in the same order. */
  predicted: (slide: number, version: number) => `/slides/${slide}/predicted?v=${version}`,
  /** encodeMeasured() of the whole slide, in the order of its nuclei. */
  measured: (slide: number, version: number) => `/slides/${slide}/measured?v=${version}`,
  /** encodeNucleusMap() */
  map: (slide: number, version: number) => `/slides/${slide}/map?v=${version}`,
  /** encodeAttention() of a nucleus with the model in use; computed on request. */
  attention: (slide: number, nucleus: number) => `/slides/${slide}/nuclei/${nucleus}/attention`,
  /** Download in one of the formats that export.formats lists. */
  export: (slide: number, format: string) => `/slides/${slide}/export/${encodeURIComponent(format)}`,
  /** Download of a slide's counts with their ranges as CSV, for a spreadsheet in a language. */
  counts: (slide: number, language: string) => `/slides/${slide}/counts?language=${language}`,
  /** Download of the table of results of all slides, CSV. */
  results: () => '/results.csv',
  /** Download of the project's evidence pack, with its report in a language. */
  evidence: (language: string) => `/evidence?language=${language}`,
  /** Model card as text. */
  card: (model: string) => `/models/${encodeURIComponent(model)}/card`,
} as const
