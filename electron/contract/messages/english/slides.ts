import type { AnyMessage, Room, Say } from '../sentence.ts'
import { count, decimal, percent, plain, rounded, size, some } from './words.ts'

/** Slides as a user meets them: opening, reading a part, what is unusual about one. */
export const slides = {
  slideUnknown: ({ file, formats }: { file: string; formats: readonly string[] }) =>
    `${file} is not a slide that Karyon reads: its first bytes are of none of these formats: ${formats.join(', ')}. ` +
    'Choose another file, or copy this one again from its source.',
  foreignSlide: ({ file, what, why }: { file: string; what: AnyMessage; why: AnyMessage }, say: Say) =>
    `${file} is a kind of slide that is read through OpenSlide (${say(what)}), but ${say(why)}. Install OpenSlide (openslide.org), ` +
    'or name its library in KARYON_OPENSLIDE or as openSlide in settings.json, and open the slide again.',
  unreadFormat: ({ file, kind }: { file: string; kind: string }) =>
    `${file} is a file of a kind that Karyon does not read (${kind}). Save it as TIFF or PNG with the program that wrote it, ` +
    'or convert it with QuPath, Fiji or Bio-Formats, and open that.',
  annotationsNotSlide: ({ file, kind }: { file: string; kind: string }) =>
    `${file} is not a slide but a file of text (${kind}). If it holds annotations, open their slide first and then import the file.`,
  archiveNotSlide: ({ file, kind }: { file: string; kind: string }) =>
    `${file} is an archive (${kind}). Unpack it and open the slide in it.`,
  slideClosed: ({ file }: { file: string }) => `The slide ${file} was closed while it was being read.`,
  slideReplaced: ({ file }: { file: string }) => `${file} was replaced while it was open. Open the slide again.`,
  readingCancelled: () => 'This part of the slide was no longer wanted.',
  folderOfSlides: ({ path, slides: n }: { path: string; slides: number }) =>
    `The folder ${path} holds ${count(n)} DICOM slides. Choose a file of the one to open.`,
  imageTooLarge: (p: { file: string; size: readonly number[]; most: number }) =>
    `${p.file} has ${size(p.size)} px without tiles; more than ${count(p.most / 1e6)} million are read from tiled files only. ` +
    'Convert it to a tiled pyramidal TIFF, for example with vips tiffsave --tile --pyramid.',
  mppImplausible: ({ least, most, mpp }: { least: number; most: number; mpp: string }) =>
    `µm/px must lie between ${plain(least)} and ${plain(most)} (40× is about 0.25), but it is ${mpp}.`,
  noTile: (p: { x: number; y: number; level: number; tiles: readonly number[] }) =>
    `There is no tile ${p.x}, ${p.y} on level ${p.level}: it has ${size(p.tiles)} tiles.`,
  noLevel: (p: { level: number; last: number }) => `There is no level ${p.level}: the slide has levels 0 to ${p.last}.`,
  noAssociated: ({ name, known }: { name: string; known: readonly string[] }) =>
    `The slide has no picture "${name}" beside it: it has ${known.join(', ') || 'none'}.`,
  regionPixels: (p: { most: number; out: readonly [string, string] }) =>
    `A region must be read as whole pixels, at most ${count(p.most)} of them; got ${p.out.join(' × ')}.`,
  regionStretched: (p: { rect: readonly [string, string]; out: readonly [string, string] }) =>
    `A region must be shrunk about equally in both directions; got ${p.rect.join(' × ')} as ${p.out.join(' × ')} px.`,
  regionOutside: (p: { slide: readonly number[]; rect: readonly [string, string]; at: readonly [string, string] }) =>
    `A region must have a size and lie near the slide (${size(p.slide)} px); got ${p.rect.join(' × ')} px at ${p.at.join(', ')}.`,
  regionTooLarge: (p: { size: readonly number[] }) =>
    `A region of ${size(p.size)} px is too large to read at once. Read parts of it.`,
  openSlideMissing: ({ file, missing }: { file: string; missing: AnyMessage }, say: Say) =>
    `${file} is a kind of slide that is read through OpenSlide, but ${say(missing)}. Install OpenSlide (openslide.org), ` +
    'or name its library in KARYON_OPENSLIDE or as openSlide in settings.json, and open the slide again.',
  koffiMissing: () => 'the package koffi, through which it is called, is not installed',
  libraryMissing: ({ place }: { place: string | null }) =>
    `no OpenSlide library was found${place === null ? '' : ` at ${place}`}`,
  openSlideCrashed: () =>
    'OpenSlide’s process ended as soon as it was started, so this library may not fit this system',
  openSlideNotStarted: ({ reason }: { reason: string }) => `its process could not be started: ${reason}`,
  openSlideSilent: ({ seconds }: { seconds: number }) =>
    `OpenSlide’s process did not answer within ${count(seconds)} s after its start. Open the slide again when the machine is less busy.`,
  openSlideEnded: ({ file }: { file: string }) =>
    `OpenSlide’s process ended while it read ${file}. The next part that you look at starts it again, and nothing else is affected. ` +
    'If this happens again at the same place, the file may be damaged: copy it again from its source, or convert it to TIFF.',
  declinedBytes: ({ format }: { format: string }) =>
    `its first bytes are not those of ${/^AVIF/.test(format) ? 'an' : 'a'} ${format}`,
  declinedByOpenSlide: ({ version }: { version: string }) => `OpenSlide ${version} does not know it`,
  declinedEmbedded: ({ vendor }: { vendor: string }) =>
    `it is a slide of kind ${vendor}, which is read without OpenSlide`,
  declinedAperio: () => 'its description does not begin with "Aperio"',
  declinedOme: () => 'it has no OME-XML description',
  declinedImageJ: () => 'its description does not begin with "ImageJ="',
  declinedClaimed: ({ vendor }: { vendor: string }) => `it is ${vendor}, which has a reader of its own`,
  declinedVendor: ({ vendor }: { vendor: string }) => `it is ${vendor}`,
  middlePlane: ({ planes }: { planes: number }) =>
    `Of the slide's ${count(planes)} focal planes the middle one is shown.`,
  focusedPlane: ({ planes }: { planes: number }) =>
    `Of the slide's ${count(planes)} focal planes the one that the scanner focused on is shown.`,
  firstPlane: ({ planes }: { planes: number }) =>
    `Of the slide's ${count(planes)} focal planes the first is shown: the others cannot be found in the file.`,
  firstFrame: ({ frames }: { frames: number }) => `Of the ${count(frames)} pictures in this file the first is shown.`,
  firstTime: ({ times }: { times: number }) =>
    `Of the ${count(times)} pictures taken one after another the first is shown.`,
  otherImages: ({ file, shown, others }: { file: string; shown: number; others: readonly string[] }) =>
    `The file holds several images. Number ${shown} is shown; the others are ${some(others)}. ` +
    `Open another one with “Other image…” under the slide’s name, or as ${file}#image=${shown === 1 ? 2 : 1} on the command line.`,
  imageWhole: () => '--image must be the number of an image, from 1.',
  imageNumber: (p: { file: string; image: number; images: number }) =>
    `${p.file} holds ${p.images === 1 ? 'one image' : `${count(p.images)} images, numbered from 1`}; there is no image ${p.image}.`,
  levelsPadded: ({ levels }: { levels: number }) =>
    `${levels === 1 ? 'A smaller copy' : `${count(levels)} smaller copies`} of the slide in this file ${levels === 1 ? 'is' : 'are'} larger than the slide ` +
    'at that size (padded). What lies outside the slide is left out.',
  levelsCut: ({ levels }: { levels: number }) =>
    `${levels === 1 ? 'A smaller copy' : `${count(levels)} smaller copies`} of the slide in this file ${levels === 1 ? 'ends' : 'end'} before the slide does, ` +
    'and Karyon makes its own instead.',
  narrowRange: (p: { bits: number; largest: number }) =>
    `The 16-bit pixels of this file reach only ${count(p.largest)}: they are shown over the range of ${p.bits} bits.`,
  coloursConverted: ({ kind }: { kind: string }) =>
    `The colours of this file are stored as ${kind} and were converted to RGB; they may differ slightly from the original.`,
  turnedUpright: ({ orientation }: { orientation: number }) =>
    `The picture is stored turned or mirrored (orientation ${orientation}) and is shown upright.`,
  pixelsNotSquare: (p: { x: number; y: number; mean: number }) =>
    `The pixels of this slide are not square (${rounded(p.x)} × ${rounded(p.y)} µm). Nuclei are found and classified as if they were, ` +
    `at ${rounded(p.mean)} µm/px: they look stretched, and both may be less reliable.`,
  withScaleNote: ({ done, note }: { done: AnyMessage; note: AnyMessage }, say: Say) => `${say(done)} ${say(note)}`,
  firstPath: ({ paths }: { paths: number }) => `Of the slide's ${count(paths)} optical paths the first is shown.`,

  fitReduced: ({ mpp }: { mpp: number }) =>
    `At ${decimal(mpp, 2)} µm/px nuclei are a few pixels: is this a reduced copy of the slide?`,
  fitNoScale: () => 'The slide does not say how large its pixels are: give its µm per pixel.',
  fitEmpty: ({ tissue }: { tissue: number }) =>
    `Only ${percent(tissue)} of the slide is tissue: it may be empty or unstained.`,
  fitScattered: () => 'The tissue is too small or too scattered to be measured.',
  fitBlurred: (p: { blurred: number; sharpness: number }) =>
    `${count(p.blurred)} % of the samples are blurred (sharpness ${decimal(p.sharpness, 2)}): the scan may be out of focus, ` +
    'or enlarged from a smaller one.',
  fitStain: ({ density }: { density: number }) =>
    `There is hardly any haematoxylin (mean density ${decimal(density, 2)}): is this H&E?`,
  fitPale: ({ density }: { density: number }) =>
    `The stain is pale (mean density ${decimal(density, 2)}; most slides have 0.4 to 0.9): nuclei may be missed. Check a small region first.`,
  fitDark: ({ density }: { density: number }) =>
    `The slide is dark (mean density ${decimal(density, 2)}; most slides have 0.4 to 0.9): it may be thick, overstained, underexposed, or no H&E.`,
  fitInk: ({ share }: { share: number }) =>
    `About ${count(share)} % of what looks like tissue has the colours of a pen: exclude ink before nuclei are searched for.`,
  fitGlass: ({ rgb }: { rgb: readonly number[] }) =>
    `The glass is coloured (RGB ${rgb.join(', ')}): the scanner's white balance is off.`,
  fitMedian: (p: { diameter: number; least: number; most: number; source: string | null }) =>
    `The nuclei of this slide would have a median size of ${decimal(p.diameter, 1)} µm. Usual are ${plain(p.least)} to ` +
    `${plain(p.most)} µm, so the µm/px (${p.source ?? 'unknown'}) may be wrong.`,
  fitFar: ({ times }: { times: number }) =>
    `The stain is unlike those that the model learned from: ${decimal(times, 1)} times as far from the nearest of its training tiles as the most unusual of them.`,
  adviseOriginal: () => 'Open the original scan. On a reduced copy most nuclei are missed.',
  adviseRightSlide: () => 'Check that this is the right slide.',
  adviseBlurred: () =>
    'Scan it again if you can. If you go on, look at a sharp and a blurred part before you trust the counts.',
  adviseStain: () =>
    'Find and classify a small part first ("Only in view"). If classes are wrong, label some nuclei there: the model learns the stain from them.',
  adviseInk: () => 'Take the ink out of the tissue first (Classes, Tissue, "Take an area out").',
  adviseScale: () => 'Open the slide again with its true µm/px. Go on only if its nuclei really have that size.',
  stainTiles: (p: { least: number; found: number }) =>
    `Stains are measured on at least ${count(p.least)} tiles with tissue; ${count(p.found)} were found. Give more with --data or --tiles.`,
  fitNuclei: (p: { diameter: number; least: number; most: number; source: string | null }) =>
    `Nuclei would measure ${decimal(p.diameter, 1)} µm, but they have ${plain(p.least)} to ${plain(p.most)}: the µm/px ` +
    `(${p.source ?? 'unknown'}) may be wrong.`,
} satisfies Room
