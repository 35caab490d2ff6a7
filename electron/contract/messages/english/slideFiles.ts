import { capitalised } from '../numbers.ts'
import type { AnyMessage, Room, Say } from '../sentence.ts'
import { count, size } from './words.ts'

/** What is wrong with a slide's file, in detail. A part is a noun phrase, a flaw is what follows it. */
export const slideFiles = {
  damagedPart: ({ part, flaw }: { part: AnyMessage; flaw: AnyMessage }, say: Say) =>
    // A file's name keeps its case.
    `${part.key === 'partFile' ? say(part) : capitalised(say(part))} ${say(flaw)}.`,
  damagedFile: ({ file, kind, flaw }: { file: string; kind: string; flaw: AnyMessage }, say: Say) =>
    `${file} is a damaged ${kind} file: ${say(flaw)}. Copy it again from its source.`,
  unsupportedFile: ({ file, kind, why }: { file: string; kind: string; why: AnyMessage }, say: Say) =>
    `${file} is a ${kind} file that Karyon does not read: ${say(why)}. Save it as a TIFF or PNG in RGB colours with 8 bits, for example with Fiji, QuPath or the scanner’s software.`,
  damagedImage: ({ file, kind, reason }: { file: string; kind: string; reason: string }) =>
    `${file} is a damaged ${kind} image: ${reason}. Copy it again from its source.`,
  partNotFound: ({ part, why }: { part: AnyMessage; why: AnyMessage }, say: Say) =>
    `Where ${say(part)} lies in the file cannot be found: ${say(why)}`,
  beyondAnyFile: ({ file, part }: { file: string; part: AnyMessage }, say: Say) =>
    `${file} is damaged: it says that its ${say(part)} is where no file has anything. Copy it again from its source.`,
  beyondEnd: (p: { file: string; part: AnyMessage; end: number; size: number }, say: Say) =>
    `${p.file} is damaged or cut short: its ${say(p.part)} should end at byte ${count(p.end)}, but the file has ${count(p.size)} bytes. Copy it again from its source.`,
  tooLong: (p: { file: string; part: AnyMessage; bytes: number }, say: Say) =>
    `${p.file} is damaged: its ${say(p.part)} claims to be ${count(p.bytes)} bytes long. Copy it again from its source.`,
  becameShorter: ({ file, part }: { file: string; part: AnyMessage }, say: Say) =>
    `${file} became shorter while it was open: its ${say(part)} is gone. Open the slide again.`,

  partTile: (p: { x: number; y: number; level: number; file: string | null }) =>
    `tile ${p.x}, ${p.y} of level ${p.level}${p.file === null ? '' : ` of ${p.file}`}`,
  partAnyTile: () => 'the tile',
  partPageTile: (p: { x: number; y: number; file: string }) => `tile ${p.x}, ${p.y} of ${p.file}`,
  partStrip: (p: { strip: number; file: string }) => `strip ${p.strip} of ${p.file}`,
  partJpegTables: ({ part }: { part: AnyMessage }, say: Say) => `the table of JPEG codes of ${say(part)}`,
  partPicture: ({ name, file }: { name: string; file: string | null }) =>
    `the picture ${name}${file === null ? '' : ` of ${file}`}`,
  partEntry: ({ entry }: { entry: number }) => `entry ${entry}`,
  partFile: ({ file }: { file: string }) => file,
  partBytes: () => 'first bytes',
  partDirectory: () => 'directory',
  partHeader: () => 'header',
  partField: ({ tag }: { tag: number }) => `TIFF field ${tag}`,
  partPixels: () => 'part with the pixels',
  partFrameTable: () => 'table of frames',
  partProfile: () => 'ICC profile',

  flawSize: (p: { found: readonly number[]; expected: readonly number[] }) =>
    `is damaged: an image of ${size(p.found)} px stands where ${size(p.expected)} belong`,
  flawBytes: (p: { found: number; expected: number }) =>
    `is damaged: it has ${count(p.found)} bytes of ${count(p.expected)}`,
  flawDecoding: ({ reason }: { reason: string }) => `cannot be decoded: ${reason}`,
  flawColour: ({ reason }: { reason: string }) => `cannot be converted to sRGB: ${reason}`,
  flawNotImage: ({ mime }: { mime: string }) => `is damaged: it is not an image of type ${mime}`,
  flawChannels: (p: { found: number; expected: number }) =>
    `is damaged: it has ${count(p.found)} channels of ${count(p.expected)}`,
  flawNotJpeg: () => 'is damaged: it is not a JPEG stream',
  flawNoJpegImage: () => 'is damaged: it holds no JPEG image',
  flawNotJpeg2000: () => 'is damaged: it is not a JPEG 2000 codestream',
  flawComponents: ({ components }: { components: number }) =>
    `is damaged: its JPEG 2000 image claims ${count(components)} components`,
  flawCutUp: () => 'is damaged: its JPEG 2000 image is in pieces of another size',
  flawOpenSlide: ({ error }: { error: string }) => `cannot be read: OpenSlide reports "${error}"`,
  flawUnreadByOpenSlide: ({ version, error }: { version: string; error: string | null }) =>
    `is not readable by OpenSlide ${version}${error === null ? '' : `: ${error}`}. Check that it is complete`,
  flawNoLevels: () => 'is damaged: OpenSlide finds no level of a possible size in it',
  flawFrames: (p: { frames: number; tiles: number; size: readonly number[] }) =>
    `holds ${p.frames} of the ${p.tiles} tiles of its image of ${size(p.size)} px. Copy all files of the slide into one folder, again from their source`,
  flawContinuation: ({ first }: { first: string }) => `is said to continue ${first}, but has another size`,

  // What follows "… is a damaged TIFF file:" and the like.
  wholeNumber: ({ tag }: { tag: number }) => `its field ${tag} must be a whole number`,
  fieldCount: ({ part, values }: { part: AnyMessage; values: number }, say: Say) =>
    `its ${say(part)} claims ${count(values)} values`,
  fieldShort: ({ part, values }: { part: AnyMessage; values: number }, say: Say) =>
    `its ${say(part)} has ${count(values)} values where more are needed`,
  imageClaims: (p: { size: readonly number[] }) => `it claims an image of ${size(p.size)} px`,
  blocksClaim: (p: { size: readonly number[] }) => `its blocks claim to be ${size(p.size)} px`,
  pixelsNowhere: () => 'it says nowhere where its pixels are',
  partClaims: ({ part, bytes }: { part: AnyMessage; bytes: number }, say: Say) =>
    `${say(part)} claims ${count(bytes)} bytes`,
  directoryAt: ({ offset }: { offset: number }) => `a directory is said to be at byte ${count(offset)}`,
  directoryEntries: ({ entries }: { entries: number }) => `a directory claims ${count(entries)} entries`,
  bigTiffHeader: () => 'its BigTIFF header is not of the only known form',
  directoryCircle: () => 'its chain of directories runs in a circle',
  directoryMany: ({ most }: { most: number }) => `it has more than ${count(most)} directories`,
  noImage: () => 'it has no image',
  headerImpossible: () => 'its header states an impossible picture',
  headerEndless: () => 'its header does not end',
  notElement: () => 'bytes that should be an element are none',
  elementEnd: (p: { end: number; size: number }) =>
    `an element should end at byte ${count(p.end)}, but the file has ${count(p.size)}; it may be cut short`,
  nestedTooDeep: () => 'its sequences are nested too deeply',
  notItems: () => 'a sequence holds something other than items',
  valueClaims: ({ bytes }: { bytes: number }) => `the value of an element claims ${count(bytes)} bytes`,
  framesClaim: (p: { size: readonly number[] }) => `its frames claim to be ${size(p.size)} px`,
  frameCount: ({ frames }: { frames: string }) => `it claims ${frames} frames`,
  noPixels: () => 'it has no pixels',
  notInPixels: ({ part }: { part: AnyMessage }, say: Say) => `${say(part)} is not in its pixels`,
  notFragments: () => 'its pixels hold something other than fragments',
  manyFragments: () => 'its pixels are in too many fragments',
  fragmentCount: (p: { fragments: number; frames: number }) =>
    `it has ${count(p.fragments)} fragments for ${count(p.frames)} frames`,
  notNumPy: () => 'it does not begin as one',
  numPyHeader: () => 'its header cannot be understood',

  // What follows "… that Karyon does not read:".
  compression: ({ method, name }: { method: number; name: string | null }) =>
    `it is compressed by ${name === null ? `a method that Karyon does not know (number ${method})` : `the method ${name}`}`,
  sampleBits: ({ bits }: { bits: readonly number[] }) =>
    `its samples are not whole numbers of ${bits.join(' or ')} bits`,
  photometric: ({ kind }: { kind: string }) => `its colours are stored in another way than RGB (${kind})`,
  channels: ({ channels }: { channels: number }) =>
    `it has ${channels} ${channels === 1 ? 'channel' : 'channels'}, which are not the colours of a stained section`,
  tilesTooLarge: (p: { size: readonly number[]; most: number }) =>
    `its tiles have ${size(p.size)} px, and Karyon reads tiles of up to ${count(p.most / 1e6)} million px`,
  oneOrThree: ({ components }: { components: number }) =>
    `its pixels are packed by JPEG 2000 with ${components} channels, and Karyon reads one or three`,
  planarYCbCr: () => 'its YCbCr colours are stored in separate planes',
  separateChannels: () => 'its channels are separate images (fluorescence), not the colours of a stained section',
  transferSyntax: ({ syntax }: { syntax: string }) => `its transfer syntax is ${syntax}`,
  noWholeSlide: () => 'it is not of a whole slide (VL Whole Slide Microscopy)',
  notOnGrid: () => 'its frames do not lie on a grid of tiles',
  pictureAlone: ({ file, flavour }: { file: string; flavour: string }) =>
    `${file} is the ${flavour} picture of a DICOM slide whose pyramid is not beside it. Copy the slide's other files into the same folder.`,

  stackShape: ({ file, shape }: { file: string; shape: readonly number[] }) =>
    `${file} must hold pictures, [number, height, width, 3], but it holds an array of ${shape.join(' × ')}.`,
  stackEntry: ({ file, path, pictures }: { file: string; path: string; pictures: number }) =>
    `${file} holds ${count(pictures)} pictures; name one of them: ${path}#0 to #${pictures - 1}.`,
  stackValue: ({ name, value }: { name: string; value: string }) =>
    `The pixels of ${name} must lie between 0 and 255, but one is ${value}.`,
  stackFractions: ({ name }: { name: string }) =>
    `The pixels of ${name} must lie between 0 and 255, but they lie between 0 and 1. Save the stack again, multiplied by 255.`,
  numPyStructures: ({ file }: { file: string }) =>
    `${file} must hold plain numbers, but it holds structures or objects. Save it again from NumPy as one array.`,
  numPyOrder: ({ file }: { file: string }) =>
    `${file} must be in C order (picture after picture), but it is in Fortran order, in which no picture can be read by itself. ` +
    'Save it again with numpy.save(path, numpy.ascontiguousarray(array)).',
  numPyShort: (p: { file: string; shape: readonly number[]; type: string; needed: number; size: number }) =>
    `${p.file} is cut short: an array of ${p.shape.join(' × ')} (${p.type}) needs ${count(p.needed)} bytes, but it has ${count(p.size)}. Copy it again from its source.`,
  numPyType: ({ file, type }: { file: string; type: string }) =>
    `${file} must hold numbers, but it holds elements of type ${type}. Save it again as numbers.`,
} satisfies Room
