import type { slideFiles as english } from '../english/slideFiles.ts'
import { capitalised } from '../numbers.ts'
import type { Translated } from '../sentence.ts'
import { count, size } from './words.ts'

export const slideFiles: Translated<typeof english> = {
  damagedPart: ({ part, flaw }, say) => `${part.key === 'partFile' ? say(part) : capitalised(say(part))} ${say(flaw)}.`,
  damagedFile: ({ file, kind, flaw }, say) =>
    `${file} ist eine beschädigte ${kind}-Datei: ${say(flaw)}. Kopieren Sie sie noch einmal von der Quelle.`,
  unsupportedFile: ({ file, kind, why }, say) =>
    `${file} ist eine ${kind}-Datei, die Karyon nicht liest: ${say(why)}. Speichern Sie sie als TIFF oder PNG in RGB-Farben mit 8 Bit, zum Beispiel mit Fiji, QuPath oder der Software des Scanners.`,
  damagedImage: ({ file, kind, reason }) =>
    `${file} ist beschädigt (${kind}): ${reason}. Kopieren Sie die Datei noch einmal von der Quelle.`,
  partNotFound: ({ part, why }, say) => `In der Datei nicht zu finden: ${say(part)}. ${say(why)}`,
  beyondAnyFile: ({ file, part }, say) =>
    `${file} ist beschädigt: ${say(part)} soll liegen, wo keine Datei etwas hat. Kopieren Sie die Datei noch einmal von der Quelle.`,
  beyondEnd: (p, say) =>
    `${p.file} ist beschädigt oder abgeschnitten: ${say(p.part)} sollte bei Byte ${count(p.end)} enden, aber die Datei hat ${count(p.size)} Bytes. Kopieren Sie sie noch einmal von der Quelle.`,
  tooLong: (p, say) =>
    `${p.file} ist beschädigt: ${say(p.part)} soll ${count(p.bytes)} Bytes lang sein. Kopieren Sie die Datei noch einmal von der Quelle.`,
  becameShorter: ({ file, part }, say) =>
    `${file} wurde kürzer, während das Präparat offen war: ${say(part)} fehlt. Öffnen Sie das Präparat noch einmal.`,

  partTile: (p) => `Kachel ${p.x}, ${p.y} der Ebene ${p.level}${p.file === null ? '' : ` von ${p.file}`}`,
  partAnyTile: () => 'die Kachel',
  partPageTile: (p) => `Kachel ${p.x}, ${p.y} von ${p.file}`,
  partStrip: (p) => `Streifen ${p.strip} von ${p.file}`,
  partJpegTables: ({ part }, say) => `die Tabelle der JPEG-Codes (${say(part)})`,
  partPicture: ({ name, file }) => `das Bild ${name}${file === null ? '' : ` von ${file}`}`,
  partEntry: ({ entry }) => `der Eintrag ${entry}`,
  partFile: ({ file }) => file,
  partBytes: () => 'der Anfang',
  partDirectory: () => 'das Verzeichnis',
  partHeader: () => 'der Kopf',
  partField: ({ tag }) => `das TIFF-Feld ${tag}`,
  partPixels: () => 'der Teil mit den Pixeln',
  partFrameTable: () => 'die Tabelle der Frames',
  partProfile: () => 'das ICC-Profil',

  flawSize: (p) => `ist beschädigt: Ein Bild von ${size(p.found)} px steht, wo ${size(p.expected)} hingehören`,
  flawBytes: (p) => `ist beschädigt: ${count(p.found)} von ${count(p.expected)} Bytes sind da`,
  flawDecoding: ({ reason }) => `ist nicht zu dekodieren: ${reason}`,
  flawColour: ({ reason }) => `ist nicht in sRGB umzuwandeln: ${reason}`,
  flawNotImage: ({ mime }) => `ist beschädigt: kein Bild der Art ${mime}`,
  flawChannels: (p) => `ist beschädigt: ${count(p.found)} Kanäle statt ${count(p.expected)}`,
  flawNotJpeg: () => 'ist beschädigt: kein JPEG-Strom',
  flawNoJpegImage: () => 'ist beschädigt: ohne JPEG-Bild',
  flawNotJpeg2000: () => 'ist beschädigt: kein JPEG-2000-Strom',
  flawComponents: ({ components }) => `ist beschädigt: Das JPEG-2000-Bild gibt ${count(components)} Komponenten an`,
  flawCutUp: () => 'ist beschädigt: Das JPEG-2000-Bild ist in Stücken anderer Größe',
  flawOpenSlide: ({ error }) => `ist nicht lesbar: OpenSlide meldet „${error}“`,
  flawUnreadByOpenSlide: ({ version, error }) =>
    `ist für OpenSlide ${version} nicht lesbar${error === null ? '' : `: ${error}`}. Prüfen Sie, ob die Datei vollständig ist`,
  flawNoLevels: () => 'ist beschädigt: OpenSlide findet darin keine Ebene von möglicher Größe',
  flawFrames: (p) =>
    `enthält ${p.frames} der ${p.tiles} Kacheln seines Bildes von ${size(p.size)} px. Kopieren Sie alle Dateien des Präparats noch einmal von der Quelle in einen Ordner`,
  flawContinuation: ({ first }) => `soll ${first} fortsetzen, hat aber eine andere Größe`,

  wholeNumber: ({ tag }) => `Das Feld ${tag} muss eine ganze Zahl sein`,
  fieldCount: ({ part, values }, say) => `${capitalised(say(part))} gibt ${count(values)} Werte an`,
  fieldShort: ({ part, values }, say) =>
    `${capitalised(say(part))} hat ${count(values)} Werte, wo mehr gebraucht werden`,
  imageClaims: (p) => `Sie gibt ein Bild von ${size(p.size)} px an`,
  blocksClaim: (p) => `Ihre Blöcke sollen ${size(p.size)} px groß sein`,
  pixelsNowhere: () => 'Sie sagt nirgends, wo ihre Pixel sind',
  partClaims: ({ part, bytes }, say) => `${capitalised(say(part))} gibt ${count(bytes)} Bytes an`,
  directoryAt: ({ offset }) => `Ein Verzeichnis soll bei Byte ${count(offset)} sein`,
  directoryEntries: ({ entries }) => `Ein Verzeichnis gibt ${count(entries)} Einträge an`,
  bigTiffHeader: () => 'Ihr BigTIFF-Kopf hat nicht die einzige bekannte Form',
  directoryCircle: () => 'Ihre Kette von Verzeichnissen läuft im Kreis',
  directoryMany: ({ most }) => `Sie hat mehr als ${count(most)} Verzeichnisse`,
  noImage: () => 'Sie hat kein Bild',
  headerImpossible: () => 'Ihr Kopf gibt ein unmögliches Bild an',
  headerEndless: () => 'Ihr Kopf endet nicht',
  notElement: () => 'Bytes, die ein Element sein sollten, sind keines',
  elementEnd: (p) =>
    `Ein Element sollte bei Byte ${count(p.end)} enden, aber die Datei hat ${count(p.size)}; vielleicht ist sie abgeschnitten`,
  nestedTooDeep: () => 'Ihre Sequenzen sind zu tief verschachtelt',
  notItems: () => 'Eine Sequenz enthält etwas anderes als Einträge',
  valueClaims: ({ bytes }) => `Der Wert eines Elements gibt ${count(bytes)} Bytes an`,
  framesClaim: (p) => `Ihre Frames sollen ${size(p.size)} px groß sein`,
  frameCount: ({ frames }) => `Sie gibt ${frames} Frames an`,
  noPixels: () => 'Sie hat keine Pixel',
  notInPixels: ({ part }, say) => `${capitalised(say(part))} ist nicht in ihren Pixeln`,
  notFragments: () => 'Ihre Pixel enthalten etwas anderes als Fragmente',
  manyFragments: () => 'Ihre Pixel liegen in zu vielen Fragmenten',
  fragmentCount: (p) => `Sie hat ${count(p.fragments)} Fragmente für ${count(p.frames)} Frames`,
  notNumPy: () => 'Sie beginnt nicht wie eine',
  numPyHeader: () => 'Ihr Kopf ist nicht zu verstehen',

  compression: ({ method, name }) =>
    `Sie ist mit ${name === null ? `einem Verfahren gepackt, das Karyon nicht kennt (Nummer ${method})` : `dem Verfahren ${name} gepackt`}`,
  sampleBits: ({ bits }) => `Ihre Werte sind keine ganzen Zahlen von ${bits.join(' oder ')} Bit`,
  photometric: ({ kind }) => `Ihre Farben sind anders als in RGB gespeichert (${kind})`,
  channels: ({ channels }) =>
    `Sie hat ${channels} ${channels === 1 ? 'Kanal' : 'Kanäle'}, die nicht die Farben eines gefärbten Schnitts sind`,
  tilesTooLarge: (p) =>
    `Ihre Kacheln haben ${size(p.size)} px, und Karyon liest Kacheln bis ${count(p.most / 1e6)} Millionen px`,
  oneOrThree: ({ components }) =>
    `Ihre Pixel sind mit JPEG 2000 in ${components} Kanälen gepackt, und Karyon liest einen oder drei`,
  planarYCbCr: () => 'Ihre YCbCr-Farben sind in getrennten Ebenen gespeichert',
  separateChannels: () => 'Ihre Kanäle sind einzelne Bilder (Fluoreszenz), nicht die Farben eines gefärbten Schnitts',
  transferSyntax: ({ syntax }) => `Ihre Transfersyntax ist ${syntax}`,
  noWholeSlide: () => 'Sie ist nicht von einem ganzen Präparat (VL Whole Slide Microscopy)',
  notOnGrid: () => 'Ihre Frames liegen nicht auf einem Raster von Kacheln',
  pictureAlone: ({ file, flavour }) =>
    `${file} ist das Begleitbild (${flavour}) eines DICOM-Präparats, dessen Pyramide nicht daneben liegt. Kopieren Sie die anderen Dateien des Präparats in denselben Ordner.`,

  stackShape: ({ file, shape }) =>
    `${file} muss Bilder enthalten, [Anzahl, Höhe, Breite, 3], enthält aber ein Zahlenfeld von ${shape.join(' × ')}.`,
  stackEntry: ({ file, path, pictures }) =>
    `${file} enthält ${count(pictures)} Bilder. Nennen Sie eines davon: ${path}#0 bis #${pictures - 1}.`,
  stackValue: ({ name, value }) => `Die Pixel von ${name} müssen zwischen 0 und 255 liegen, aber eines ist ${value}.`,
  stackFractions: ({ name }) =>
    `Die Pixel von ${name} müssen zwischen 0 und 255 liegen, liegen aber zwischen 0 und 1. Speichern Sie den Stapel noch einmal, mit 255 malgenommen.`,
  numPyStructures: ({ file }) =>
    `${file} muss einfache Zahlen enthalten, enthält aber Strukturen oder Objekte. Speichern Sie die Datei noch einmal aus NumPy als ein Zahlenfeld.`,
  numPyOrder: ({ file }) =>
    `${file} muss in C-Ordnung sein (Bild nach Bild), ist aber in Fortran-Ordnung, in der kein Bild für sich gelesen werden kann. ` +
    'Speichern Sie die Datei noch einmal mit numpy.save(path, numpy.ascontiguousarray(array)).',
  numPyShort: (p) =>
    `${p.file} ist abgeschnitten: Ein Zahlenfeld von ${p.shape.join(' × ')} (${p.type}) braucht ${count(p.needed)} Bytes, hat aber ${count(p.size)}. Kopieren Sie die Datei noch einmal von der Quelle.`,
  numPyType: ({ file, type }) =>
    `${file} muss Zahlen enthalten, enthält aber Elemente vom Typ ${type}. Speichern Sie die Datei noch einmal als Zahlen.`,
}
