import type { Room } from '../sentence.ts'
import { count, size } from './words.ts'

/** Why records of an imported file give no nucleus; each is a plural noun to put a count in front of. */
export const leftOut = {
  wholeSlideObjects: 'whole-slide objects',
  tiles: 'tiles',
  cores: 'tissue-microarray cores',
  besideDetections: 'annotations beside detections (regions, not nuclei)',
  notFeatures: 'entries that are not features',
  noContour: 'entries without a contour',
  noPlace: 'entries without centroid, contour or box',
  noGeometry: 'objects without geometry',
  unknownGeometry: 'geometries of unknown type',
  points: 'points, which have no outline',
  pointsNowhere: 'points without coordinates',
  lines: 'lines, which enclose nothing',
  noCoordinates: 'outlines without coordinates',
  notNumbers: 'outlines with coordinates that are not numbers',
  tooFewPoints: 'outlines of fewer than three points',
  noArea: 'outlines without area',
  holes: 'holes in outlines, which were filled',
  smallerParts: 'smaller parts of divided outlines',
  outsideSlide: 'nuclei outside the slide',
  noBox: 'nuclei with neither box nor outline',
  boxNoArea: 'nuclei whose box has no area',
  boxOutside: 'nuclei whose box lies outside the image',
  dotOutside: 'dots outside their image',
  noPicture: 'nuclei whose picture is not there',
  noImage: 'nuclei that do not name their image',
  unknownImage: 'nuclei whose image is not in the file',
  crowds: 'crowds (iscrowd), which are not single nuclei',
  unknownCategory: 'nuclei whose category is not in the file',
} as const
export type LeftOut = keyof typeof leftOut
/** A type, not an interface, because it is a parameter of messages. */
export type LeftOutCount = { readonly reason: LeftOut; readonly count: number }

/** 3 tiles; 1,200 nuclei outside the slide */
export const leftOutList = (left: readonly LeftOutCount[]): string =>
  left.map(({ count: n, reason }) => `${count(n)} ${leftOut[reason]}`).join('; ')

/** Other tools' nuclei, in and out. */
export const annotations = {
  /** A line of its own, as a terminal shows it. */
  leftOut: ({ file, left }: { file: string; left: readonly LeftOutCount[] }) =>
    `${file}: left out ${leftOutList(left)}.`,
  annotationKind: ({ file, known }: { file: string; known: readonly string[] }) =>
    `${file} is of a kind Karyon does not read. It reads: ${known.join(', ')}.`,
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
  noContours: ({ file }: { file: string }) =>
    `${file} holds no outline of a nucleus. Export contours (HoVer-Net's "nuc" or CellViT's "cells").`,
  tooManyClasses: ({ most }: { most: number }) =>
    `The file has more than ${count(most)} classes, which is the most that Karyon reads. Export fewer classes.`,
  coordinateOutside: ({ pixels }: { pixels: string }) =>
    `A nucleus has a coordinate that is no place on a slide (${pixels}). Export the outlines in level-0 pixels again.`,
} satisfies Room

const range = ([from, to]: readonly [number, number]) => `${count(from)} to ${count(to)}`
