import { describe, expect, test } from 'vitest'
import { dataFolder, hasData } from '../support/data.ts'
import { openSlideLibraries, readBy } from '../support/openslide.ts'
import { largestDifference, withSlide } from '../support/slides.ts'

interface Case {
  readonly path: string
  readonly format: string
  readonly size: readonly [width: number, height: number]
  readonly levels: readonly number[]
  /** µm/px in x. */
  readonly mpp: number | null
  readonly associated?: readonly string[]
  /** Largest difference of a sample from OpenSlide's; null where neither OpenSlide 3.4 nor 4 reads the file. */
  readonly difference: number | null
}

/** Every slide of the data folders. Sizes, levels and µm/px as OpenSlide 4.0.1 or, for what it does not read, libtiff or
 * pydicom says. */
const cases: readonly Case[] = [
  {
    path: 'slides/CMU-1-Small-Region.svs',
    format: 'Aperio SVS',
    size: [2220, 2967],
    levels: [2220],
    mpp: 0.499,
    associated: ['thumbnail', 'label', 'macro'],
    difference: 0,
  },
  {
    path: 'slides/tcga-cr-7395-01a-01-ts1.svs',
    format: 'Aperio SVS',
    size: [4443, 3567],
    levels: [4443, 2221],
    mpp: null,
    associated: ['thumbnail'],
    // Irreversible JPEG 2000: the last rounding is the decoder's.
    difference: 1,
  },
  {
    path: 'slides/instanseg_HE_example.tif',
    format: 'OME-TIFF',
    size: [1380, 1484],
    levels: [1380],
    mpp: 0.50008,
    difference: 0,
  },
  {
    path: 'slides/pathml_small_dicom.dcm',
    format: 'DICOM whole slide',
    size: [3236, 2638],
    levels: [3236],
    mpp: null,
    // OpenSlide refuses it, for it states no Image Type; dicom.test.ts compares its pixels.
    difference: null,
  },
  {
    path: 'slides/multiframe_camelyon_challenge_image.dcm',
    format: 'DICOM whole slide',
    size: [1152, 700],
    levels: [1152],
    mpp: 28.969,
    difference: 0,
  },
  ...(
    [
      ['A9K0_1', 1307, 1153],
      ['A9K0_2', 756, 763],
      ['A9K0_3', 497, 185],
    ] as const
  ).map(([name, width, height]): Case => ({
    path: `monusac-sample/${name}.svs`,
    format: 'Aperio SVS',
    size: [width, height],
    levels: [width],
    mpp: 0.19448,
    associated: ['thumbnail', 'label', 'macro'],
    difference: 1,
  })),
]

const libraries = await openSlideLibraries()

describe.skipIf(!hasData('slides') || !hasData('monusac-sample'))('every slide at hand', () => {
  test.each(cases)('$path opens with its size, levels and µm/px', ({ path, format, size, levels, mpp, associated }) =>
    withSlide(dataFolder(path), ({ info }) => {
      expect(info).toMatchObject({ format, width: size[0], height: size[1] })
      expect(info.levels.filter((level) => !level.generated).map((level) => level.width)).toEqual(levels)
      if (mpp === null) expect(info.mpp).toBeNull()
      else expect(info.mpp?.x).toBeCloseTo(mpp, 5)
      expect(info.associated?.map(({ name }) => name)).toEqual(associated)
      expect(info.notices).toBeUndefined()
    }),
  )

  describe.each(libraries)('beside OpenSlide $version', (library) => {
    test.for(cases.filter(({ difference }) => difference !== null))(
      '$path differs by at most $difference',
      async ({ path, size, difference }, context) => {
        const file = dataFolder(path)
        if ((await library.detectVendor(file)) === null)
          return context.skip(`OpenSlide ${library.version} has no driver for it.`)
        const [width, height] = size.map((length) => Math.min(length, 700))
        const [x, y] = [size[0] - width, size[1] - height]
        const theirs = await readBy(library, file, x, y, width, height)
        const ours = await withSlide(file, (slide) => slide.region({ x, y, width, height }, width, height))
        expect(largestDifference(ours, theirs)).toBeLessThanOrEqual(difference ?? 0)
      },
    )
  })
})
