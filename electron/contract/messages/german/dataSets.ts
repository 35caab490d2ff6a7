import type { dataSets as english } from '../english/dataSets.ts'
import type { Translated } from '../sentence.ts'
import { leftOutList } from './annotations.ts'
import { count, plain, quoted, shape, size, some } from './words.ts'

export const dataSets: Translated<typeof english> = {
  formCoco: () => 'images/ + coco.json oder eine andere COCO-Datei (Kästen und Klassen)',
  formDots: () => 'images/ + points.json (ein Punkt je Kern)',
  formGeoJson: () => 'Bilder mit GeoJSON gleichen Namens daneben (X.png mit X.geojson oder X_nuclei.geojson)',
  formHoverNet: () => 'images/ + json/ (von HoVer-Net)',
  formMasks: () => 'images/ + labels/ oder masks/ (Instanzkarten oder binäre Masken als PNG)',
  formPanNuke: () => 'images.npy + masks.npy, auch als Fold 1/images/fold1/ + Fold 1/masks/fold1/ (von PanNuke)',
  formPicture: () => 'eine Datei mit einem Präparat oder Bild',
  formPictures: () => 'ein Ordner mit Präparaten oder Bildern',
  formConsep: () => 'Images/ + Labels/ (von CoNSeP, .mat)',
  dataForm: ({ path, forms }, say) =>
    `Ein Datenordner muss eine dieser Formen haben: ${forms.map(say).join('; ')}. ${path} hat keine davon.`,
  dataEmpty: ({ path }) => `Der Datensatz ${path} hat keine Bilder. Prüfen Sie den Pfad.`,
  tilesUnknown: ({ sets, names }) =>
    `--tiles muss Bilder aus ${sets.join(' oder ')} nennen; es gibt keines namens ${quoted(names)}.`,
  pictureTooLarge: (p) =>
    `${p.path} hat ${size(p.size)} px, zu viele, um sie auf einmal zu lesen. Lesen Sie die Datei stückweise, als Präparat.`,
  unpaired: (p, say) =>
    `Zu jedem Bild in ${p.pictures} muss es in ${p.annotations} unter demselben Namen ${say(p.what)} geben und umgekehrt; ` +
    `es gibt ${count(p.counts[0])} Bilder und ${count(p.counts[1])} Dateien für ${say(p.what)}` +
    (p.withoutAnnotation.length ? `; ohne ${say(p.what)}: ${some(p.withoutAnnotation)}` : '') +
    (p.withoutPicture.length ? `; ohne Bild: ${some(p.withoutPicture)}` : '') +
    '.',
  whatLabels: () => 'Benennungen',
  whatAnnotations: () => 'Annotationen',
  whatMasks: () => 'Masken',

  cocoSeveral: ({ path, files, first }) =>
    `${path} muss eine COCO-Datei enthalten, enthält aber ${files.length}: ${some(files)}. Nennen Sie die gemeinte als --data ${first}.`,
  cocoNoNuclei: ({ file, left }) =>
    `${file} benennt keinen Zellkern. Prüfen Sie, ob die Annotationen ihre Bilder nennen${left.length > 0 ? `; ausgelassen: ${leftOutList(left)}` : ''}.`,
  cocoNot: ({ file }) =>
    `${file} ist keine COCO-Datei: Die Listen „images“ und „annotations“ fehlen. Exportieren Sie sie noch einmal.`,
  cocoOddImages: ({ images }) =>
    `${count(images)} der Bilder haben keinen eigenen Namen oder keine eigene Nummer und wurden ausgelassen.`,
  cocoByBaseName: ({ names }) =>
    `${count(names.length)} der Bilder liegen nicht dort, wo die Datei sagt, und wurden im Ordner nach ihrem bloßen Namen gefunden: ${some(names)}.`,
  cocoPicturesMissing: ({ names }) => `${count(names.length)} der Bilder fehlen: ${some(names)}.`,
  cocoNoOutlines: (p) =>
    `${count(p.without)} der ${count(p.nuclei)} Zellkerne haben keinen Umriss; ihre Kästen stehen dafür.`,
  consepNoMatrix: ({ path, name, found }) =>
    `${path} muss die Matrix „${name}“ enthalten, wie die Benennungen von CoNSeP; enthalten ist: ${found.join(', ') || 'nichts'}.`,
  consepTypeCount: (p) =>
    `${p.path} muss je Zellkern einen Typ angeben; es sind ${count(p.nuclei)} Zellkerne und ${count(p.types)} Typen.`,
  consepType: ({ path, most, type }) => `CoNSeP hat die Typen 1 bis ${most} (0 = keiner); ${path} hat ${type}.`,
  consepMerged: ({ pairs }) => `Die sieben Typen von CoNSeP zählen als vier Klassen: ${pairs.join(', ')}.`,
  scaleBySet: ({ mpp, set }) => `Die µm je Pixel sind ${plain(mpp)} nach der Beschreibung von ${set} (40×).`,
  dotsWrong: ({ file, issue }, say) =>
    `${file} muss Bilder und ihre Punkte auflisten: ${say(issue)}. Kopieren Sie die Datei noch einmal von ihrer Quelle.`,
  dotsOnly: () => 'Seine Kerne sind als Punkte gegeben: Sie haben einen Ort und eine Klasse, aber keinen Umriss.',
  untyped: ({ nuclei }) => `${count(nuclei)} der Zellkerne haben den Typ 0, der keine Klasse ist.`,
  nucleiNotGiven: () => 'Die Zellkerne sind nicht angegeben; sie müssen erst gefunden werden.',
  maskDepth: ({ path, depth }) =>
    `Die Maske ${path} muss 8 oder 16 Bit je Pixel haben; ihre Zahlen sind von der Art „${depth}“. Speichern Sie sie als PNG oder TIFF mit 16 Bit.`,
  maskUnread: ({ path, reason }) => `Die Maske ${path} ist nicht lesbar: ${reason}. Speichern Sie sie noch einmal.`,
  maskSize: (p) =>
    `Die Zellkerne von ${p.file} müssen auf den ${size(p.picture)} Pixeln des Bildes angegeben sein, sind es aber auf ${size(p.mask)}.`,
  matVersion: ({ file }) =>
    `${file} ist eine Datei von MATLAB 7.3 (HDF5); gelesen werden Dateien von MATLAB 5. Speichern Sie sie noch einmal mit save(…, '-v7') oder scipy.io.savemat.`,
  matNot: ({ file }) =>
    `${file} ist keine Datei von MATLAB 5: Der Kopf von 128 Byte fehlt. Prüfen Sie, ob es die richtige Datei ist.`,
  matDamaged: ({ file }) =>
    `${file} ist beschädigt oder abgeschnitten. Kopieren Sie die Datei noch einmal von der Quelle.`,
  panNukeMasks: (p) =>
    `Ein Fold muss je Bild eine Maske derselben Größe haben: ${p.images} hat ${pictures(p.pictures)}, ` +
    `${p.masks} hat ${pictures(p.found)}. Vielleicht gehören sie zu verschiedenen Folds.`,
  panNukeTissues: (p) =>
    `Ein Fold muss je Bild eine Gewebeart haben: ${p.images} hat ${count(p.pictures)}, ${p.types} hat ${count(p.tissues)}. Vielleicht gehören sie zu verschiedenen Folds.`,
  panNukeShape: ({ path, found }) =>
    `Die Masken von PanNuke müssen die Form ${shape(['Bilder', 256, 256, 6])} haben; ${path} hat ${size(found)}.`,
  panNukeValue: ({ path, picture, value }) =>
    `Die Masken in ${path} müssen Instanznummern ab 0 enthalten; Bild ${picture} enthält ${value}.`,
}

const pictures = ([n, ...sides]: readonly number[]) => `${count(n)} zu ${size(sides)} px`
