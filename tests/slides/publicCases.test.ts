import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inEnglish } from '../../electron/contract/index.ts'
import { openSlide } from '../../electron/slides/index.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { cut, wholeOf, withSlide } from '../support/slides.ts'

/** What a file of the cases must give. Left out: not looked at. */
interface Case {
  readonly path: string
  readonly reader: string
  readonly size: readonly [width: number, height: number]
  /** µm/px of both directions; null: unknown. */
  readonly mpp: number | null
  /** Downsample of each stored level. */
  readonly levels?: readonly number[]
  readonly pictures?: readonly string[]
  /** Part of a notice that must be given; absent: there must be none. */
  readonly notice?: string
  /** Number of images in the file. */
  readonly images?: number
  /**
   * Mean red, green and blue of the whole picture on white paper, as Pillow 12 or tifffile 2026 decodes it (upright; 12
   * bits shown over their range).
   */
  readonly mean?: readonly [red: number, green: number, blue: number]
}

const f = (path: string) => `public-cases/files/${path}`
const r = (path: string) => `public-cases/reports/${path}`
const [tiff, libvips, dicom] = ['Karyon TIFF', 'libvips (sharp)', 'Karyon DICOM']

const cases: readonly Case[] = [
  { path: f('01-imagej-calibration/cells.tif'), reader: tiff, size: [93, 131], mpp: 0.25, mean: [212.6, 213.6, 214.5] },
  { path: f('02-palette-tiff/f-lzw.tif'), reader: tiff, size: [100, 100], mpp: null, mean: [125.4, 123.5, 97.6] },
  {
    path: f('03-extrasample-unspecified/photoshop-elements-crop.tif'),
    reader: tiff,
    size: [300, 300],
    mpp: null,
    mean: [106.4, 119.2, 134.6],
  },
  {
    path: f('04-extrasample-associated/AssociatedAlpha.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: null,
    mean: [176.8, 201.9, 226.8],
  },
  {
    path: f('05-jpeg-in-tiff-4-components/TestJpegArgb.tiff'),
    reader: tiff,
    size: [256, 256],
    mpp: null,
    mean: [255.0, 179.0, 127.5],
  },
  {
    path: f('05-jpeg-in-tiff-4-components/alpha.tif'),
    reader: tiff,
    size: [1223, 1223],
    mpp: null,
    mean: [252.9, 253.1, 252.6],
  },
  {
    path: f('06-reduced-copy-taken-for-slide/strips-with-tiled-overviews.tif'),
    reader: tiff,
    size: [278, 374],
    mpp: null,
    mean: [169.7, 155.1, 160.6],
  },
  {
    path: f('07-png-density-without-unit/dave-orig.png'),
    reader: libvips,
    size: [615, 1029],
    mpp: null,
    mean: [243.9, 243.9, 243.9],
  },
  {
    path: f('08-orientation/hopper_orientation_6.jpg'),
    reader: libvips,
    size: [128, 128],
    mpp: null,
    notice: 'The picture is stored turned or mirrored (orientation 6) and is shown upright.',
    mean: [89.7, 80.1, 95.3],
  },
  {
    path: f('09-12-bits-in-16/16bit-lzw.tif'),
    reader: tiff,
    size: [260, 194],
    mpp: null,
    notice: 'The 16-bit pixels of this file reach only 4,095: they are shown over the range of 12 bits.',
    mean: [34.2, 34.2, 34.2],
  },
  {
    path: f('10-photoshop-tiffs-refused/extra-channels.tif'),
    reader: tiff,
    size: [100, 100],
    mpp: null,
    mean: [160.7, 164.5, 177.5],
  },
  { path: f('11-fillorder-2/rgb8-lsb2msb.tif'), reader: tiff, size: [100, 100], mpp: null, mean: [112.3, 115.2, 90.6] },
  {
    path: f('12-more-pictures-unsaid/multipage.tiff'),
    reader: tiff,
    size: [800, 600],
    mpp: null,
    images: 3,
    notice:
      'The file holds several images. Number 2 is shown; the others are 1 (640 × 480), 3 (320 × 240). Open another one with “Other image…” under the slide’s name, or as multipage.tiff#image=1 on the command line.',
    mean: [248.4, 248.4, 248.4],
  },
  {
    path: f('13-one-row-strips-slow/127.tif_rgba_zip.tif'),
    reader: tiff,
    size: [2464, 3508],
    mpp: null,
    mean: [245.3, 245.3, 245.3],
  },
  {
    path: f('14-old-tile-and-strip-tags/XING_T24.TIF'),
    reader: tiff,
    size: [240, 164],
    mpp: null,
    mean: [138.8, 95.7, 92.2],
  },
  {
    path: f('14-old-tile-and-strip-tags/quad-tile.tif'),
    reader: tiff,
    size: [512, 384],
    mpp: null,
    mean: [26.1, 37.1, 43.9],
  },
  {
    path: f('15-sound-formats-called-damaged/hopper.bmp'),
    reader: 'Karyon BMP',
    size: [128, 128],
    mpp: null,
    mean: [89.7, 80.1, 95.4],
  },
  {
    path: f('15-sound-formats-called-damaged/input.jp2'),
    reader: 'OpenJPEG',
    size: [70, 46],
    mpp: null,
    mean: [145.7, 89.3, 80.5],
  },
  {
    path: r('01-openslide-86-big-tiles/tile2112.tif'),
    reader: tiff,
    size: [4224, 4224],
    mpp: 0.499,
    mean: [242.5, 242.2, 242.4],
  },
  {
    path: r('01-openslide-86-big-tiles/tile4224.tif'),
    reader: tiff,
    size: [4224, 4224],
    mpp: 0.499,
    mean: [242.5, 242.2, 242.4],
  },
  {
    path: r('02-qupath-383-ome-macro-first/leica-like.ome.tif'),
    reader: tiff,
    size: [512, 384],
    mpp: 0.499,
    levels: [1, 2],
    pictures: ['macro'],
    mean: [154.0, 125.4, 155.6],
  },
  {
    path: r('02-qupath-383-ome-macro-first/macro-4um-first.ome.tif'),
    reader: tiff,
    size: [512, 384],
    mpp: 0.499,
    levels: [1, 2],
    pictures: ['macro'],
    mean: [154.0, 125.4, 155.6],
  },
  {
    path: r('02-qupath-383-ome-macro-first/macro-in-strips-first.ome.tif'),
    reader: tiff,
    size: [512, 384],
    mpp: 0.499,
    levels: [1, 2],
    pictures: ['macro'],
    mean: [154.0, 125.4, 155.6],
  },
  {
    path: r('02-qupath-383-ome-macro-first/main-first.ome.tif'),
    reader: tiff,
    size: [512, 384],
    mpp: 0.499,
    levels: [1, 2],
    pictures: ['macro'],
    mean: [154.0, 125.4, 155.6],
  },
  {
    path: r('03-wsinfer-225-16bit/full16.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 0.499,
    mean: [138.5, 95.3, 134.3],
  },
  {
    path: r('03-wsinfer-225-16bit/twelve-bit-range.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 0.499,
    mean: [138.0, 95.1, 133.9],
  },
  {
    path: r('03-wsinfer-225-16bit/twelve-bit.ome.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 0.499,
    mean: [138.0, 95.1, 133.9],
  },
  {
    path: r('04-tiffslide-65-svs-nonascii/gb18030.svs'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.1, 115.9, 148.4],
  },
  {
    path: r('04-tiffslide-65-svs-nonascii/latin-1.svs'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.1, 115.9, 148.4],
  },
  {
    path: r('04-tiffslide-65-svs-nonascii/utf-8.svs'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.1, 115.9, 148.4],
  },
  {
    path: r('05-ilastik-3091-imagej-unit/imagej-micron.tif'),
    reader: tiff,
    size: [320, 320],
    mpp: 0.499,
    mean: [148.0, 112.2, 146.6],
  },
  {
    path: r('05-ilastik-3091-imagej-unit/imagej-u00B5m.tif'),
    reader: tiff,
    size: [320, 320],
    mpp: 0.499,
    mean: [148.0, 112.2, 146.6],
  },
  {
    path: r('05-ilastik-3091-imagej-unit/imagej-um.tif'),
    reader: tiff,
    size: [320, 320],
    mpp: 0.499,
    mean: [148.0, 112.2, 146.6],
  },
  {
    path: r('06-ome-types-91-prefix-and-encodings/A.ome.tif'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('06-ome-types-91-prefix-and-encodings/double-encoded.ome.tif'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('06-ome-types-91-prefix-and-encodings/entity-hex.ome.tif'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('06-ome-types-91-prefix-and-encodings/entity.ome.tif'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('06-ome-types-91-prefix-and-encodings/latin1.ome.tif'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('06-ome-types-91-prefix-and-encodings/newline-after-OME.ome.tif'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('06-ome-types-91-prefix-and-encodings/nm.ome.tif'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('06-ome-types-91-prefix-and-encodings/pixel.ome.tif'),
    reader: tiff,
    size: [512, 512],
    mpp: null,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('06-ome-types-91-prefix-and-encodings/plain.ome.tif'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('06-ome-types-91-prefix-and-encodings/prefix-ome.ome.tif'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('06-ome-types-91-prefix-and-encodings/single-quotes-reordered.ome.tif'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('06-ome-types-91-prefix-and-encodings/utf16.ome.tif'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('09-openslide-546-missing-tiles/sparse.tiff'),
    reader: tiff,
    size: [1024, 1024],
    mpp: 0.499,
    levels: [1, 2],
  },
  {
    path: r('10-tifffile-193-multifocal-svs/multifocal.svs'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    levels: [1, 2],
    pictures: ['thumbnail'],
    notice: "Of the slide's 4 focal planes the one that the scanner focused on is shown.",
  },
  {
    path: r('10-tifffile-193-multifocal-svs/zstack.ome.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 0.499,
    notice: "Of the slide's 3 focal planes the middle one is shown.",
  },
  {
    path: r('11-openslide-297-gt450-label-macro/gt450-no-thumbnail.svs'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    levels: [1, 2],
    pictures: ['label', 'macro'],
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('11-openslide-297-gt450-label-macro/gt450.svs'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    levels: [1, 2],
    pictures: ['thumbnail', 'label', 'macro'],
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('13-wsidicomizer-148-aperio-digital/aperio-digital.svs'),
    reader: tiff,
    size: [512, 512],
    mpp: 0.499,
    mean: [147.0, 115.9, 148.3],
  },
  {
    path: r('15-qupath-107-nonsense-resolution/dpi10160.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 2.5,
    mean: [138.3, 95.3, 134.1],
  },
  {
    path: r('15-qupath-107-nonsense-resolution/dpi72.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: null,
    mean: [138.3, 95.3, 134.1],
  },
  {
    path: r('15-qupath-107-nonsense-resolution/unit-none-1-1.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: null,
    mean: [138.3, 95.3, 134.1],
  },
  {
    path: r('15-qupath-107-nonsense-resolution/zero.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: null,
    mean: [138.3, 95.3, 134.1],
  },
  {
    path: r('31-openslide-576-philips-dicom-levels/cropped'),
    reader: dicom,
    size: [896, 896],
    mpp: 0.2495,
    levels: [1, 2, 4],
  },
  {
    path: r('31-openslide-576-philips-dicom-levels/padded'),
    reader: dicom,
    size: [896, 896],
    mpp: 0.2495,
    levels: [1, 2, 4],
    notice:
      '2 smaller copies of the slide in this file are larger than the slide at that size (padded). What lies outside the slide is left out.',
  },
  {
    path: r('31-openslide-576-philips-dicom-levels/padded-level.tif'),
    reader: tiff,
    size: [896, 896],
    mpp: 0.2495,
    levels: [1, 2],
    notice:
      'A smaller copy of the slide in this file is larger than the slide at that size (padded). What lies outside the slide is left out.',
    mean: [150.7, 120.4, 151.9],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/bilevel.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: null,
    mean: [112.2, 112.2, 112.2],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/cmyk.jpg'),
    reader: libvips,
    size: [256, 256],
    mpp: 0.499,
    notice:
      'The colours of this file are stored as CMYK and were converted to RGB; they may differ slightly from the original.',
    mean: [138.5, 95.3, 134.3],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/cmyk.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 0.499,
    notice:
      'The colours of this file are stored as CMYK and were converted to RGB; they may differ slightly from the original.',
    mean: [138.5, 95.3, 134.3],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/exif-rotated.jpg'),
    reader: libvips,
    size: [256, 256],
    mpp: null,
    notice: 'The picture is stored turned or mirrored (orientation 6) and is shown upright.',
    mean: [138.3, 95.3, 134.2],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/grey.png'),
    reader: libvips,
    size: [256, 256],
    mpp: null,
    mean: [122.4, 122.4, 122.4],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/lab.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: null,
    notice:
      'The colours of this file are stored as Lab and were converted to RGB; they may differ slightly from the original.',
    mean: [138.2, 95.2, 134.3],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/palette.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 0.499,
    mean: [138.5, 95.3, 134.2],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/planar.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 0.499,
    mean: [138.5, 95.3, 134.3],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/png-in-tiff.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 0.499,
    mean: [138.5, 95.3, 134.3],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/progressive.jpg'),
    reader: libvips,
    size: [256, 256],
    mpp: null,
    mean: [138.3, 95.3, 134.2],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/rgb-plus-unspecified.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 0.499,
    mean: [138.5, 95.3, 134.3],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/rgba-associated.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 0.499,
    mean: [138.5, 95.3, 134.3],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/rgba-transparent-half.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 0.499,
    mean: [192.4, 173.8, 192.7],
  },
  {
    path: r('32-libvips-1838-pixel-kinds/rgba-unassociated.tif'),
    reader: tiff,
    size: [256, 256],
    mpp: 0.499,
    mean: [138.5, 95.3, 134.3],
  },
]

/** Sound files that are not read: the sentence must say what they are or what to do, and not call them damaged. */
const refused: readonly (readonly [path: string, sentence: RegExp])[] = [
  [r('06-ome-types-91-prefix-and-encodings/fluo-plain.ome.tif'), /fluorescence/],
  [r('06-ome-types-91-prefix-and-encodings/fluo-prefix.ome.tif'), /fluorescence/],
  [r('07-openslide-137-philips-tiff/philips.tiff'), /Philips.*OpenSlide/],
  [r('07-openslide-137-philips-tiff/philips-padded-level.tiff'), /Philips.*OpenSlide/],
  [r('08-tiatoolbox-804-ventana-tif/ventana.tif'), /^ventana.tif .*Ventana.*OpenSlide/],
  [r('32-libvips-1838-pixel-kinds/float32.tif'), /Save it as a TIFF or PNG in RGB colours with 8 bits/],
  [r('32-libvips-1838-pixel-kinds/jpegxl.tif'), /JPEG XL.*Save it as/],
  [r('32-libvips-1838-pixel-kinds/lerc.tif'), /LERC.*Save it as/],
  [r('32-libvips-1838-pixel-kinds/lzma.tif'), /LZMA.*Save it as/],
]

const hasCases = hasData('public-cases')
if (!hasCases)
  console.warn('Skipped: the public cases, whose folder shared/data/public-cases is not beside this checkout.')

describe.skipIf(!hasCases)('files of other tools and scanners', () => {
  test.each(cases)('$path has its size, scale, levels, pictures and colours', (one) =>
    withSlide(dataFolder(one.path), async (slide) => {
      const { info } = slide
      expect(info.reader).toBe(one.reader)
      expect([info.width, info.height]).toEqual(one.size)
      if (one.mpp === null) expect(info.mpp).toBeNull()
      else {
        expect(info.mpp?.x).toBeCloseTo(one.mpp, 4)
        expect(info.mpp?.y).toBeCloseTo(one.mpp, 4)
      }
      const stored = info.levels.filter((level) => !level.generated)
      expect(stored.map((level) => level.downsample)).toEqual(one.levels ?? [1])
      expect((info.associated ?? []).map(({ name }) => name)).toEqual(one.pictures ?? [])
      expect(info.images?.length ?? 1).toBe(one.images ?? 1)
      const notices = (info.notices ?? []).map(inEnglish).join(' ')
      if (one.notice === undefined) expect(notices).toBe('')
      else expect(notices).toContain(one.notice)
      if (one.mean === undefined) return
      const { data } = await wholeOf(slide)
      const sums = [0, 0, 0]
      for (let i = 0; i < data.length; i++) sums[i % 3] += data[i]
      const means = sums.map((sum) => sum / (data.length / 3))
      one.mean.forEach((mean, c) => expect(Math.abs(means[c] - mean), `channel ${c}: ${means[c]}`).toBeLessThan(1.5))
    }),
  )

  test.each(refused)('%s is refused in words that help', async (path, sentence) => {
    const opened = await openSlide(dataFolder(path))
    expect(opened.ok).toBe(false)
    if (opened.ok) return
    expect(opened.failure.kind).toBe('unsupported')
    const words = inEnglish(opened.failure.message)
    expect(words).toMatch(sentence)
    expect(words).not.toMatch(/damaged|first bytes|opy it again/)
    expect(words).toContain(basename(path))
  })

  test('a level that is padded to whole tiles shows the same tissue as one that is cut', async () => {
    const folder = '31-openslide-576-philips-dicom-levels'
    const half = (path: string) =>
      withSlide(dataFolder(r(path)), (slide) => slide.region({ x: 0, y: 0, width: 896, height: 896 }, 448, 448))
    const [padded, cropped, asTiff] = [`${folder}/padded`, `${folder}/cropped`, `${folder}/padded-level.tif`].map(half)
    const reference = await cropped
    for (const image of [await padded, await asTiff]) {
      const differences = image.data.map((value, i) => Math.abs(value - reference.data[i]))
      expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(3)
    }
  })

  test('the focal plane that is shown is the sharp one', async () => {
    const folder = '10-tifffile-193-multifocal-svs'
    const sharpness = async (path: string) =>
      withSlide(dataFolder(r(path)), async (slide) => {
        const { data, width, height } = cut(await wholeOf(slide), 0, 0, 200, 200)
        let sum = 0
        for (let i = 3; i < width * height * 3; i += 3) sum += Math.abs(data[i] - data[i - 3])
        return sum / (width * height)
      })
    // The blurred planes have 3 to 10.
    expect(await sharpness(`${folder}/multifocal.svs`)).toBeGreaterThan(15)
    expect(await sharpness(`${folder}/zstack.ome.tif`)).toBeGreaterThan(15)
  })

  test('an image of several is opened by its number', async () => {
    const path = dataFolder(f('12-more-pictures-unsaid/multipage.tiff'))
    const sizes = []
    for (const image of [1, 2, 3])
      sizes.push(await withSlide(path, ({ info }) => [info.width, info.height, info.image], { image }))
    expect(sizes).toEqual([
      [640, 480, 1],
      [800, 600, 2],
      [320, 240, 3],
    ])
    expect(await openSlide(path, { image: 4 })).toMatchObject({ ok: false, failure: { kind: 'invalid-input' } })
  })

  test('the label of a GT 450 slide is never given out as its thumbnail', async () => {
    const path = dataFolder(r('11-openslide-297-gt450-label-macro/gt450-no-thumbnail.svs'))
    await withSlide(path, async (slide) => {
      await expect(slide.associated('thumbnail')).rejects.toMatchObject({ failure: { kind: 'not-found' } })
      expect((await slide.associated('label')).bytes.length).toBeGreaterThan(100)
    })
  })
})
