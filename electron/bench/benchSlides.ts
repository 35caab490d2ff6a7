import type { SlideBench } from './slides/index.ts'

/** What was measured of slides, for people. */
export const slidesInWords = (r: SlideBench): string =>
  [
    `beside OpenSlide ${r.openSlide}, 256² a second:`,
    `tiles passed through: ${r.passThrough.tiles.toFixed(0)}, ${r.passThrough.ratio.toFixed(1)} ×`,
    `regions decoded from JPEG: ${r.regions.karyon.toFixed(0)}, ${r.regions.ratio.toFixed(2)} ×`,
    `regions decoded from JPEG 2000: ${r.jpeg2000.karyon.toFixed(0)}, ${r.jpeg2000.ratio.toFixed(2)} ×`,
    `first tile of ${r.firstTile.megabytes.toFixed(0)} MB: ${r.firstTile.tileMs.toFixed(0)} ms after ${r.firstTile.openMs.toFixed(0)} ms to open`,
    `four viewers over HTTP: ${r.http.toFixed(0)} tiles a second`,
  ].join('\n')
