import type { Room } from '../sentence.ts'
import { count, size } from './words.ts'

/** Why records of an imported file give no nucleus: one and many, to put a count in front of. */
export const leftOut = {
  wholeSlideObjects: ['whole-slide object', 'whole-slide objects'],
  tiles: ['tile', 'tiles'],
  cores: ['tissue-microarray core', 'tissue-microarray cores'],
  besideDetections: [
    'annotation beside detections (a region, not a nucleus)',
    'annotations beside detections (regions, not nuclei)',
  ],
  notFeatures: ['entry that is not a feature', 'entries that are not features'],
  noContour: ['entry without a contour', 'entries without a contour'],
  noPlace: ['entry without centroid, contour or box', 'entries without centroid, contour or box'],
  noGeometry: ['object without geometry', 'objects without geometry'],
  unknownGeometry: ['geometry of unknown type', 'geometries of unknown type'],
  points: ['point, which has no outline', 'points, which have no outline'],
  pointsNowhere: ['point without coordinates', 'points without coordinates'],
  lines: ['line, which encloses nothing', 'lines, which enclose nothing'],
  noCoordinates: ['outline without coordinates', 'outlines without coordinates'],
  notNumbers: ['outline with coordinates that are not numbers', 'outlines with coordinates that are not numbers'],
  tooFewPoints: ['outline of fewer than three points', 'outlines of fewer than three points'],
  noArea: ['outline without area', 'outlines without area'],
  madeValid: [
    'outline that crossed itself, of which the largest part was kept',
    'outlines that crossed themselves, of which the largest part was kept',
  ],
  holes: ['hole in an outline, which was filled', 'holes in outlines, which were filled'],
  smallerParts: ['smaller part of a divided outline', 'smaller parts of divided outlines'],
  outsideSlide: ['nucleus outside the slide', 'nuclei outside the slide'],
  noBox: ['nucleus with neither box nor outline', 'nuclei with neither box nor outline'],
  boxNoArea: ['nucleus whose box has no area', 'nuclei whose box has no area'],
  boxOutside: ['nucleus whose box lies outside the image', 'nuclei whose box lies outside the image'],
  dotOutside: ['dot outside its image', 'dots outside their image'],
  noPicture: ['nucleus whose picture is not there', 'nuclei whose picture is not there'],
  noImage: ['nucleus that does not name its image', 'nuclei that do not name their image'],
  unknownImage: ['nucleus whose image is not in the file', 'nuclei whose image is not in the file'],
  crowds: ['crowd (iscrowd), which is not a single nucleus', 'crowds (iscrowd), which are not single nuclei'],
  unknownCategory: ['nucleus whose category is not in the file', 'nuclei whose category is not in the file'],
  otherPictures: ['nucleus on another picture of the file', 'nuclei on other pictures of the file'],
  negativeRegions: ['negative region, which is cut out of others', 'negative regions, which are cut out of others'],
  dotsUnmatched: [
    'dot where the slide has no nucleus (find nuclei first, then import again)',
    'dots where the slide has no nucleus (find nuclei first, then import again)',
  ],
} as const
export type LeftOut = keyof typeof leftOut
/** A type, not an interface, because it is a parameter of messages. */
export type LeftOutCount = { readonly reason: LeftOut; readonly count: number }

/** What a file is that is sound but not read, and what to do instead. */
export const unreadKinds = {
  sqlite:
    'it is an SQLite database, such as an AnnotationStore of TIAToolbox. Write it with to_geojson() or to_ndjson()',
  hdf5: 'it is HDF5 (AnnData, spatialdata, …). Write its outlines as GeoJSON, for example with GeoPandas’ to_file()',
  numpy: 'it is a NumPy array. Save it as a label image (PNG or TIFF) with one value for each nucleus',
  matlab: 'it is a MATLAB file. Save its instance map as a label image (PNG or TIFF)',
  qupathData: 'it is a QuPath project or its data. In QuPath, choose File > Export objects as GeoJSON',
  imagejRoi: 'it holds ImageJ ROIs. Open them in QuPath and choose File > Export objects as GeoJSON',
  zip: 'it is a ZIP archive. Unpack it and import what it holds',
  parquet: 'it is Parquet. Write it as GeoJSON, for example with GeoPandas’ to_file()',
  shapefile: 'it is a shapefile. Write it as GeoJSON, for example with GeoPandas’ to_file()',
  dicom: 'it is DICOM. Karyon writes DICOM annotations but does not read them. Export GeoJSON from the other tool',
  ndpa: 'it holds annotations of Hamamatsu NDP.view in nanometres. Open them in QuPath and choose File > Export objects as GeoJSON',
  omeXml: 'it is OME-XML. Open it in QuPath and choose File > Export objects as GeoJSON',
  html: 'it is a web page, perhaps of a login. Download the file again',
  xml: 'it is XML, but neither of ASAP nor of Aperio ImageScope. Export GeoJSON from the other tool',
  pickle: 'it is a Python pickle, which may run code and is not opened. Save GeoJSON or JSON instead',
  picture: 'it is a picture with lossy or few colours. A label image must be PNG or TIFF',
  pdf: 'it is a PDF. Export GeoJSON from the other tool',
  json: 'it is JSON, but of no kind that Karyon knows. Export GeoJSON from the other tool',
  table: 'it is a table. Karyon reads outlines. Export GeoJSON from the other tool',
  unknown: 'its kind is not known',
} as const
export type UnreadKind = keyof typeof unreadKinds

/** 3 tiles; 1,200 nuclei outside the slide */
export const leftOutList = (left: readonly LeftOutCount[]): string =>
  left.map(({ count: n, reason }) => `${count(n)} ${leftOut[reason][n === 1 ? 0 : 1]}`).join('; ')

/** Other tools' nuclei, in and out. */
export const annotations = {
  /** A line of its own, as a terminal shows it. */
  leftOut: ({ file, left }: { file: string; left: readonly LeftOutCount[] }) =>
    `${file}: left out ${leftOutList(left)}.`,
  annotationKind: ({ file, kind, known }: { file: string; kind: keyof typeof unreadKinds; known: readonly string[] }) =>
    `${file} cannot be imported: ${unreadKinds[kind]}. Karyon reads: ${known.join(', ')}.`,
  classesFromProperty: ({ file, property }: { file: string; property: string }) =>
    `${file} has no classifications, so its classes are those of the property "${property}".`,
  noClassesInFile: (p: { file: string; looked: readonly string[]; seen: readonly string[] }) =>
    `${p.file} gives its nuclei no classes. Looked for: classification, ${p.looked.join(', ')}, …` +
    (p.seen.length > 0 ? `; its nuclei have: ${p.seen.join(', ')}` : '') +
    '.',
  xmlDamaged: ({ file }: { file: string }) =>
    `${file} is not sound XML: it is damaged, cut short or of another kind. Export it again.`,
  cocoWhichPicture: (p: { file: string; slide: string; pictures: number; names: readonly string[] }) =>
    `${p.file} lists ${count(p.pictures)} pictures, and not exactly one of them is named like the slide ${p.slide}: ` +
    `${p.names.join(', ')}${p.pictures > p.names.length ? ', …' : ''}. Rename the slide’s entry or export this picture alone.`,
  inMillimetres: ({ file }: { file: string }) =>
    `The coordinates of ${file} seem to be millimetres, not pixels: they are fractions and all lie in the slide’s first pixels. Export them in full-resolution pixels.`,
  sectraNoScale: ({ file }: { file: string }) =>
    `${file} gives places as fractions of the slide. Without the slide’s µm/px and a stated area or length, their scale is not known. Open the slide with its µm/px.`,
  sectraOtherSlide: (p: { file: string; mm: number; slide: readonly [number, number] }) =>
    `${p.file} is of a slide with a side of ${p.mm.toFixed(2)} mm by its stated areas and lengths, but this slide has ${p.slide[0].toFixed(2)} × ${p.slide[1].toFixed(2)} mm. Check the slide and its µm/px.`,
  exportKind: ({ format, known }: { format: string; known: readonly string[] }) =>
    `There is no export of the kind "${format}". Choose one of: ${known.join(', ')}.`,
  noNucleiIn: ({ file }: { file: string }) => `${file} holds no nuclei: its list of them is empty. Export it again.`,
  notGeoJson: ({ file }: { file: string }) =>
    `${file} is JSON but not GeoJSON: it holds neither a FeatureCollection, nor a list of features, nor a feature. Export GeoJSON.`,
  noneOnSlide: (p: {
    file: string
    nuclei: number
    slide: readonly [number, number]
    span: { readonly x: readonly [number, number]; readonly y: readonly [number, number] } | null
  }) =>
    `None of the ${count(p.nuclei)} nuclei of ${p.file} lies on this slide of ${size(p.slide)} px` +
    (p.span === null ? '' : `: they span x ${range(p.span.x)}, y ${range(p.span.y)}`) +
    '. They may belong to another slide, or be in another scale (µm, or a lower level). Export them in full-resolution pixels.',
  noOutlines: ({ file, left }: { file: string; left: readonly LeftOutCount[] }) =>
    `${file} holds no outline of a nucleus${left.length > 0 ? `: ${leftOutList(left)}` : ''}. Export polygons.`,
  tooManyClasses: ({ most }: { most: number }) =>
    `The file has more than ${count(most)} classes, which is the most that Karyon reads. Export fewer classes.`,
  coordinateOutside: ({ pixels }: { pixels: string }) =>
    `A nucleus has a coordinate that is no place on a slide (${pixels}). Export the outlines in level-0 pixels again.`,
} satisfies Room

const range = ([from, to]: readonly [number, number]) => `${count(from)} to ${count(to)}`
