import type { annotations as english, LeftOut, LeftOutCount, UnreadKind } from '../english/annotations.ts'
import type { Translated } from '../sentence.ts'
import { count, size } from './words.ts'

const leftOut: Record<LeftOut, readonly [one: string, many: string]> = {
  wholeSlideObjects: ['Objekt des ganzen Präparats', 'Objekte des ganzen Präparats'],
  tiles: ['Kachel', 'Kacheln'],
  cores: ['Stanze eines Gewebe-Arrays', 'Stanzen eines Gewebe-Arrays'],
  besideDetections: [
    'Annotation neben Detektionen (eine Region, kein Zellkern)',
    'Annotationen neben Detektionen (Regionen, keine Zellkerne)',
  ],
  notFeatures: ['Eintrag, der kein Feature ist', 'Einträge, die keine Features sind'],
  noContour: ['Eintrag ohne Kontur', 'Einträge ohne Kontur'],
  noPlace: ['Eintrag ohne Mittelpunkt, Kontur oder Kasten', 'Einträge ohne Mittelpunkt, Kontur oder Kasten'],
  noGeometry: ['Objekt ohne Geometrie', 'Objekte ohne Geometrie'],
  unknownGeometry: ['Geometrie unbekannter Art', 'Geometrien unbekannter Art'],
  points: ['Punkt, der keinen Umriss hat', 'Punkte, die keinen Umriss haben'],
  pointsNowhere: ['Punkt ohne Koordinaten', 'Punkte ohne Koordinaten'],
  lines: ['Linie, die nichts umschließt', 'Linien, die nichts umschließen'],
  noCoordinates: ['Umriss ohne Koordinaten', 'Umrisse ohne Koordinaten'],
  notNumbers: ['Umriss mit Koordinaten, die keine Zahlen sind', 'Umrisse mit Koordinaten, die keine Zahlen sind'],
  tooFewPoints: ['Umriss aus weniger als drei Punkten', 'Umrisse aus weniger als drei Punkten'],
  noArea: ['Umriss ohne Fläche', 'Umrisse ohne Fläche'],
  madeValid: [
    'Umriss, der sich selbst kreuzte und von dem der größte Teil blieb',
    'Umrisse, die sich selbst kreuzten und von denen der größte Teil blieb',
  ],
  holes: ['Loch in einem Umriss, das gefüllt wurde', 'Löcher in Umrissen, die gefüllt wurden'],
  smallerParts: ['kleinerer Teil eines geteilten Umrisses', 'kleinere Teile geteilter Umrisse'],
  outsideSlide: ['Zellkern außerhalb des Präparats', 'Zellkerne außerhalb des Präparats'],
  noBox: ['Zellkern ohne Kasten und Umriss', 'Zellkerne ohne Kasten und Umriss'],
  boxNoArea: ['Zellkern, dessen Kasten keine Fläche hat', 'Zellkerne, deren Kasten keine Fläche hat'],
  boxOutside: [
    'Zellkern, dessen Kasten außerhalb des Bildes liegt',
    'Zellkerne, deren Kasten außerhalb des Bildes liegt',
  ],
  dotOutside: ['Punkt außerhalb seines Bildes', 'Punkte außerhalb ihres Bildes'],
  noPicture: ['Zellkern, dessen Bild fehlt', 'Zellkerne, deren Bild fehlt'],
  noImage: ['Zellkern, der sein Bild nicht nennt', 'Zellkerne, die ihr Bild nicht nennen'],
  unknownImage: ['Zellkern, dessen Bild nicht in der Datei steht', 'Zellkerne, deren Bild nicht in der Datei steht'],
  crowds: [
    'Gruppe (iscrowd), die kein einzelner Zellkern ist',
    'Gruppen (iscrowd), die keine einzelnen Zellkerne sind',
  ],
  unknownCategory: [
    'Zellkern, dessen Kategorie nicht in der Datei steht',
    'Zellkerne, deren Kategorie nicht in der Datei steht',
  ],
  otherPictures: ['Zellkern auf einem anderen Bild der Datei', 'Zellkerne auf anderen Bildern der Datei'],
  negativeRegions: [
    'negative Region, die aus anderen ausgeschnitten ist',
    'negative Regionen, die aus anderen ausgeschnitten sind',
  ],
  dotsUnmatched: [
    'Punkt, wo das Präparat keinen Zellkern hat (erst Zellkerne suchen, dann noch einmal importieren)',
    'Punkte, wo das Präparat keinen Zellkern hat (erst Zellkerne suchen, dann noch einmal importieren)',
  ],
}

const unreadKinds: Record<UnreadKind, string> = {
  sqlite:
    'Es ist eine SQLite-Datenbank, etwa ein AnnotationStore von TIAToolbox. Schreiben Sie sie mit to_geojson() oder to_ndjson()',
  hdf5: 'Es ist HDF5 (AnnData, spatialdata …). Schreiben Sie die Umrisse als GeoJSON, etwa mit to_file() von GeoPandas',
  numpy: 'Es ist ein NumPy-Array. Speichern Sie es als Label-Bild (PNG oder TIFF) mit einem Wert je Zellkern',
  matlab: 'Es ist eine MATLAB-Datei. Speichern Sie die Instanzkarte als Label-Bild (PNG oder TIFF)',
  qupathData: 'Es ist ein QuPath-Projekt oder dessen Daten. Wählen Sie in QuPath File > Export objects as GeoJSON',
  imagejRoi:
    'Die Datei enthält ROIs von ImageJ. Öffnen Sie sie in QuPath und wählen Sie File > Export objects as GeoJSON',
  zip: 'Es ist ein ZIP-Archiv. Entpacken Sie es und importieren Sie den Inhalt',
  parquet: 'Es ist Parquet. Schreiben Sie es als GeoJSON, etwa mit to_file() von GeoPandas',
  shapefile: 'Es ist ein Shapefile. Schreiben Sie es als GeoJSON, etwa mit to_file() von GeoPandas',
  dicom:
    'Es ist DICOM. Karyon schreibt DICOM-Annotationen, liest sie aber nicht. Exportieren Sie GeoJSON aus dem anderen Programm',
  ndpa: 'Die Datei enthält Annotationen von Hamamatsu NDP.view in Nanometern. Öffnen Sie sie in QuPath und wählen Sie File > Export objects as GeoJSON',
  omeXml: 'Es ist OME-XML. Öffnen Sie es in QuPath und wählen Sie File > Export objects as GeoJSON',
  html: 'Es ist eine Webseite, vielleicht eine Anmeldung. Laden Sie die Datei noch einmal herunter',
  xml: 'Es ist XML, aber weder von ASAP noch von Aperio ImageScope. Exportieren Sie GeoJSON aus dem anderen Programm',
  pickle:
    'Es ist ein Pickle von Python, das Code ausführen kann und nicht geöffnet wird. Speichern Sie GeoJSON oder JSON',
  picture: 'Es ist ein Bild mit verlustbehafteten oder wenigen Farben. Ein Label-Bild muss PNG oder TIFF sein',
  pdf: 'Es ist ein PDF. Exportieren Sie GeoJSON aus dem anderen Programm',
  json: 'Es ist JSON, aber von keiner Art, die Karyon kennt. Exportieren Sie GeoJSON aus dem anderen Programm',
  table: 'Es ist eine Tabelle. Karyon liest Umrisse. Exportieren Sie GeoJSON aus dem anderen Programm',
  unknown: 'Die Art ist nicht bekannt',
}

export const leftOutList = (left: readonly LeftOutCount[]): string =>
  left.map(({ count: n, reason }) => `${count(n)} ${leftOut[reason][n === 1 ? 0 : 1]}`).join('; ')

export const annotations: Translated<typeof english> = {
  leftOut: ({ file, left }) => `${file}: ausgelassen ${leftOutList(left)}.`,
  annotationKind: ({ file, kind, known }) =>
    `${file} kann nicht importiert werden: ${unreadKinds[kind]}. Karyon liest: ${known.join(', ')}.`,
  classesFromProperty: ({ file, property }) =>
    `${file} enthält keine Klassifikationen; als Klassen dienen die Werte von „${property}“.`,
  noClassesInFile: (p) =>
    `${p.file} gibt den Zellkernen keine Klassen. Gesucht wurde nach: classification, ${p.looked.join(', ')} …` +
    (p.seen.length > 0 ? `; die Zellkerne haben: ${p.seen.join(', ')}` : '') +
    '.',
  xmlDamaged: ({ file }) =>
    `${file} ist kein gültiges XML: Die Datei ist beschädigt, abgeschnitten oder von anderer Art. Exportieren Sie sie noch einmal.`,
  cocoWhichPicture: (p) =>
    `${p.file} führt ${count(p.pictures)} Bilder auf, und nicht genau eines davon heißt wie das Präparat ${p.slide}: ` +
    `${p.names.join(', ')}${p.pictures > p.names.length ? ' …' : ''}. Benennen Sie den Eintrag des Präparats um oder exportieren Sie nur dieses Bild.`,
  inMillimetres: ({ file }) =>
    `Die Koordinaten in ${file} sind offenbar Millimeter und keine Pixel: Es sind Brüche, und alle liegen in den ersten Pixeln des Präparats. Exportieren Sie sie in Pixeln der vollen Auflösung.`,
  sectraNoScale: ({ file }) =>
    `${file} gibt Orte als Bruchteile des Präparats an. Ohne die µm/px des Präparats und eine genannte Fläche oder Länge ist ihr Maßstab nicht bekannt. Öffnen Sie das Präparat mit seinen µm/px.`,
  sectraOtherSlide: (p) =>
    `${p.file} gehört nach den genannten Flächen und Längen zu einem Präparat mit einer Seite von ${p.mm.toFixed(2)} mm, dieses hat aber ${p.slide[0].toFixed(2)} × ${p.slide[1].toFixed(2)} mm. Prüfen Sie das Präparat und seine µm/px.`,
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
  tooManyClasses: ({ most }) =>
    `Die Datei hat mehr als ${count(most)} Klassen; so viele liest Karyon höchstens. Exportieren Sie weniger Klassen.`,
  coordinateOutside: ({ pixels }) =>
    `Ein Zellkern hat eine Koordinate, die auf keinem Präparat liegt (${pixels}). Exportieren Sie die Umrisse noch einmal in Pixeln der Ebene 0.`,
}

const range = ([from, to]: readonly [number, number]) => `${count(from)} bis ${count(to)}`
