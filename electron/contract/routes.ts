/** Binary endpoints, all GET, same cookie. Versions are in SlideSummary and make the responses cacheable. */
export const binaryRoutes = {
  tile: (slide: number, level: number, x: number, y: number) => `/slides/${slide}/tiles/${level}/${x}_${y}`,
  /** encodeNuclei() */
  nuclei: (slide: number, version: number) => `/slides/${slide}/nuclei?v=${version}`,
  /** encodeShown(), same order as the nuclei of the same slide */
  shown: (slide: number, version: number) => `/slides/${slide}/shown?v=${version}`,
  /** encodeNucleusMap() */
  map: (slide: number, version: number) => `/slides/${slide}/map?v=${version}`,
  /** encodeAttention() of a nucleus under the model in use; computed when asked for. */
  attention: (slide: number, nucleus: number) => `/slides/${slide}/nuclei/${nucleus}/attention`,
  /** Download of geojson, geojson.gz or csv. */
  export: (slide: number, format: 'geojson' | 'geojson.gz' | 'csv') => `/slides/${slide}/export/${format}`,
  /** Model card as text. */
  card: (model: string) => `/models/${encodeURIComponent(model)}/card`,
} as const
