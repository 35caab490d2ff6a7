import type { annotations as english, LeftOut, LeftOutCount } from '../english/annotations.ts'
import type { Translated } from '../sentence.ts'
import { count, size } from './words.ts'

const leftOut: Record<LeftOut, string> = {
  wholeSlideObjects: 'Objekte des ganzen Präparats',
  tiles: 'Kacheln',
  cores: 'Stanzen eines Gewebe-Arrays',
  besideDetections: 'Annotationen neben Detektionen (Regionen, keine Zellkerne)',
  notFeatures: 'Einträge, die keine Features sind',
  noContour: 'Einträge ohne Kontur',
  noPlace: 'Einträge ohne Mittelpunkt, Kontur oder Kasten',
  noGeometry: 'Objekte ohne Geometrie',
  unknownGeometry: 'Geometrien unbekannter Art',
  points: 'Punkte, die keinen Umriss haben',
  pointsNowhere: 'Punkte ohne Koordinaten',
  lines: 'Linien, die nichts umschließen',
  noCoordinates: 'Umrisse ohne Koordinaten',
  notNumbers: 'Umrisse mit Koordinaten, die keine Zahlen sind',
  tooFewPoints: 'Umrisse aus weniger als drei Punkten',
  noArea: 'Umrisse ohne Fläche',
  holes: 'Löcher in Umrissen, die gefüllt wurden',
  smallerParts: 'kleinere Teile geteilter Umrisse',
  outsideSlide: 'Zellkerne außerhalb des Präparats',
  noBox: 'Zellkerne ohne Kasten und Umriss',
  boxNoArea: 'Zellkerne, deren Kasten keine Fläche hat',
  boxOutside: 'Zellkerne, deren Kasten außerhalb des Bildes liegt',
  dotOutside: 'Punkte außerhalb ihres Bildes',
  noPicture: 'Zellkerne, deren Bild fehlt',
  noImage: 'Zellkerne, die ihr Bild nicht nennen',
  unknownImage: 'Zellkerne, deren Bild nicht in der Datei steht',
  crowds: 'Gruppen (iscrowd), die keine einzelnen Zellkerne sind',
  unknownCategory: 'Zellkerne, deren Kategorie nicht in der Datei steht',
}

export const leftOutList = (left: readonly LeftOutCount[]): string =>
  left.map(({ count: n, reason }) => `${count(n)} ${leftOut[reason]}`).join('; ')

export const annotations: Translated<typeof english> = {
  leftOut: ({ file, left }) => `${file}: ausgelassen ${leftOutList(left)}.`,
  annotationKind: ({ file, known }) =>
    `${file} ist von einer Art, die Karyon nicht liest. Es liest: ${known.join(', ')}.`,
  exportKind: ({ format, known }) =>
    `Es gibt keinen Export der Art „${format}“. Wählen Sie eine von diesen: ${known.join(', ')}.`,
  noNucleiIn: ({ file }) =>
    `${file} enthält keine Zellkerne: Die Liste ist leer. Exportieren Sie die Datei noch einmal.`,
  notGeoJson: ({ file }) =>
    `${file} ist JSON, aber kein GeoJSON: Die Datei enthält weder eine FeatureCollection noch eine Liste von Features noch ein Feature. Exportieren Sie GeoJSON.`,
  noneOnSlide: (p) =>
    `Keiner der ${count(p.nuclei)} Zellkerne aus ${p.file} liegt auf diesem Präparat von ${size(p.slide)} px` +
    (p.span === null ? '' : `: Sie reichen von x ${range(p.span.x)}, y ${range(p.span.y)}`) +
    '. Vielleicht gehören sie zu einem anderen Präparat oder haben einen anderen Maßstab (µm oder eine kleinere Ebene). Exportieren Sie sie in Pixeln der vollen Auflösung.',
  noOutlines: ({ file, left }) =>
    `${file} enthält keinen Umriss eines Zellkerns${left.length > 0 ? `: ${leftOutList(left)}` : ''}. Exportieren Sie Polygone.`,
  noContours: ({ file }) =>
    `${file} enthält keinen Umriss eines Zellkerns. Exportieren Sie Konturen („nuc“ von HoVer-Net oder „cells“ von CellViT).`,
  tooManyClasses: ({ most }) =>
    `Die Datei hat mehr als ${count(most)} Klassen; so viele liest Karyon höchstens. Exportieren Sie weniger Klassen.`,
  coordinateOutside: ({ pixels }) =>
    `Ein Zellkern hat eine Koordinate, die auf keinem Präparat liegt (${pixels}). Exportieren Sie die Umrisse noch einmal in Pixeln der Ebene 0.`,
}

const range = ([from, to]: readonly [number, number]) => `${count(from)} bis ${count(to)}`
