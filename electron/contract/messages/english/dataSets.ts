import type { AnyMessage, Room, Say } from '../sentence.ts'
import { leftOutList, type LeftOutCount } from './annotations.ts'
import { count, plain, quoted, shape, size, some } from './words.ts'

/** Labelled data sets: their forms, what does not fit together, what a user should know of one. */
export const dataSets = {
  formCoco: () => 'images/ + coco.json, or another COCO file (boxes and classes)',
  formDots: () => 'images/ + points.json (a dot per nucleus)',
  formGeoJson: () => 'pictures with GeoJSON of the same name beside them (X.png with X.geojson or X_nuclei.geojson)',
  formHoverNet: () => 'images/ + json/ (HoVer-Net)',
  formMasks: () => 'images/ + labels/ or masks/ (instance maps or binary masks as PNG)',
  formPanNuke: () => 'images.npy + masks.npy, also as Fold 1/images/fold1/ + Fold 1/masks/fold1/ (PanNuke)',
  formPicture: () => 'a slide or picture file',
  formPictures: () => 'a folder of slides or pictures',
  formConsep: () => 'Images/ + Labels/ (CoNSeP, .mat)',
  dataForm: ({ path, forms }: { path: string; forms: readonly AnyMessage[] }, say: Say) =>
    `A data folder must be one of: ${forms.map(say).join('; ')}. ${path} is none of them.`,
  dataEmpty: ({ path }: { path: string }) => `The data set ${path} has no pictures. Check the path.`,
  tilesUnknown: ({ sets, names }: { sets: readonly string[]; names: readonly string[] }) =>
    `--tiles must name images of ${sets.join(' or ')}; there is none named ${quoted(names)}.`,
  pictureTooLarge: (p: { path: string; size: readonly number[] }) =>
    `${p.path} has ${size(p.size)} px, too many to be read at once. Read it region by region, as a slide.`,
  unpaired: (
    p: {
      pictures: string
      annotations: string
      what: AnyMessage
      counts: readonly [number, number]
      withoutAnnotation: readonly string[]
      withoutPicture: readonly string[]
    },
    say: Say,
  ) =>
    `Every picture in ${p.pictures} must have its ${say(p.what)} in ${p.annotations} under the same name, and the other ` +
    `way round; there are ${count(p.counts[0])} pictures and ${count(p.counts[1])} files of ${say(p.what)}` +
    (p.withoutAnnotation.length ? `; without ${say(p.what)}: ${some(p.withoutAnnotation)}` : '') +
    (p.withoutPicture.length ? `; without a picture: ${some(p.withoutPicture)}` : '') +
    '.',
  whatLabels: () => 'labels',
  whatAnnotations: () => 'annotations',
  whatMasks: () => 'masks',

  cocoSeveral: ({ path, files, first }: { path: string; files: readonly string[]; first: string }) =>
    `${path} must hold one COCO file, but it holds ${files.length}: ${some(files)}. Name the one you mean as --data ${first}.`,
  cocoNoNuclei: ({ file, left }: { file: string; left: readonly LeftOutCount[] }) =>
    `${file} labels no nucleus. Check that its annotations name its images${left.length > 0 ? `; left out: ${leftOutList(left)}` : ''}.`,
  cocoNot: ({ file }: { file: string }) =>
    `${file} is not a COCO file: it has no list "images" and no list "annotations". Export it again.`,
  cocoOddImages: ({ images }: { images: number }) =>
    `${count(images)} of its images have no name or number of their own and were left out.`,
  cocoByBaseName: ({ names }: { names: readonly string[] }) =>
    `${count(names.length)} of its pictures are not where the file says and were found by their base name in the folder: ${some(names)}.`,
  cocoPicturesMissing: ({ names }: { names: readonly string[] }) =>
    `${count(names.length)} of its pictures are not there: ${some(names)}.`,
  cocoNoOutlines: (p: { without: number; nuclei: number }) =>
    `${count(p.without)} of its ${count(p.nuclei)} nuclei have no outline; their boxes stand for it.`,
  consepNoMatrix: ({ path, name, found }: { path: string; name: string; found: readonly string[] }) =>
    `${path} must hold the matrix "${name}", as CoNSeP's labels do; it holds: ${found.join(', ') || 'nothing'}.`,
  consepTypeCount: (p: { path: string; nuclei: number; types: number }) =>
    `${p.path} must give one type per nucleus; it has ${count(p.nuclei)} nuclei and ${count(p.types)} types.`,
  consepType: ({ path, most, type }: { path: string; most: number; type: number }) =>
    `CoNSeP has types 1 to ${most} (0 = none); ${path} has ${type}.`,
  consepMerged: ({ pairs }: { pairs: readonly string[] }) =>
    `CoNSeP's seven types count as four classes: ${pairs.join(', ')}.`,
  scaleBySet: ({ mpp, set }: { mpp: number; set: string }) =>
    `µm per pixel is ${plain(mpp)} by ${set}'s description (40×).`,
  dotsWrong: ({ file, issue }: { file: string; issue: AnyMessage }, say: Say) =>
    `${file} must list pictures and their dots: ${say(issue)}. Copy it again from its source.`,
  dotsOnly: () => 'Its nuclei are given as dots: they have a place and a class, and no outline.',
  untyped: ({ nuclei }: { nuclei: number }) => `${count(nuclei)} of its nuclei are of type 0, which is no class.`,
  nucleiNotGiven: () => 'Its nuclei are not given; they have to be found first.',
  maskDepth: ({ path, depth }: { path: string; depth: string }) =>
    `The mask ${path} must have 8 or 16 bits per pixel; its numbers are of the kind "${depth}". Save it as 16-bit PNG or TIFF.`,
  maskUnread: ({ path, reason }: { path: string; reason: string }) =>
    `The mask ${path} cannot be read: ${reason}. Save it again.`,
  maskSize: (p: { file: string; picture: readonly number[]; mask: readonly number[] }) =>
    `The nuclei of ${p.file} must be given on its ${size(p.picture)} pixels, but they are given on ${size(p.mask)}.`,
  matVersion: ({ file }: { file: string }) =>
    `${file} is a MATLAB 7.3 (HDF5) file; MATLAB 5 files are read. Save it again with save(…, '-v7') or scipy.io.savemat.`,
  matNot: ({ file }: { file: string }) =>
    `${file} is not a MATLAB 5 file: its header of 128 bytes is missing. Check that it is the right file.`,
  matDamaged: ({ file }: { file: string }) => `${file} is damaged or cut short. Copy it again from its source.`,
  panNukeMasks: (p: { images: string; pictures: readonly number[]; masks: string; found: readonly number[] }) =>
    `A fold must have one mask per picture, of the same size: ${p.images} has ${pictures(p.pictures)}, ` +
    `${p.masks} has ${pictures(p.found)}. They may be of different folds.`,
  panNukeTissues: (p: { images: string; pictures: number; types: string; tissues: number }) =>
    `A fold must have one tissue type per picture: ${p.images} has ${count(p.pictures)}, ${p.types} has ${count(p.tissues)}. They may be of different folds.`,
  panNukeShape: ({ path, found }: { path: string; found: readonly number[] }) =>
    `PanNuke's masks must have the shape ${shape(['pictures', 256, 256, 6])}; ${path} has ${size(found)}.`,
  panNukeValue: ({ path, picture, value }: { path: string; picture: number; value: number }) =>
    `The masks in ${path} must hold instance numbers from 0; picture ${picture} holds ${value}.`,
} satisfies Room

const pictures = ([n, ...sides]: readonly number[]) => `${count(n)} of ${size(sides)} px`
