/** Rates are tiles or regions of 256² a second, random places, eight under way; ratios to OpenSlide in the same run. */
export interface SlideBench {
  readonly openSlide: string
  readonly passThrough: {
    readonly tiles: number
    readonly openSlide: number
    readonly ratio: number
  }
  readonly regions: {
    readonly karyon: number
    readonly openSlide: number
    readonly ratio: number
  }
  readonly jpeg2000: {
    readonly karyon: number
    readonly openSlide: number
    readonly ratio: number
  }
  readonly firstTile: {
    readonly megabytes: number
    readonly openMs: number
    readonly tileMs: number
  }
  /** Tiles a second that the host gives to four viewers over HTTP. */
  readonly http: number
}
/** Measures slides of its own making, in a temporary folder of 400 MB. Fails with 'not-found' without OpenSlide. */
export declare function benchSlides(rounds: number): Promise<SlideBench>
/** What was measured of slides, for people. */
export declare const slidesInWords: (r: SlideBench) => string
