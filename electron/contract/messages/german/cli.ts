import type { cli as english } from '../english/cli.ts'
import type { Translated } from '../sentence.ts'
import { count, decimal, plain, quoted, size, some } from './words.ts'

export const cli: Translated<typeof english> = {
  baselineNeedsLabels: () =>
    'Der Vergleichswert braucht benannte Zellkerne zum Trainieren und zum Bewerten. Prüfen Sie --tiles.',
  mapForm: ({ option, given }) =>
    `${option} muss aus Paaren Name=Name bestehen („1=neoplastic,2=inflammatory“), JSON sein oder eine JSON-Datei wie type_info.json; ` +
    (given === null ? 'das JSON muss ein Objekt aus Namen sein.' : `angegeben wurde „${given}“.`),
  mapUnknown: ({ known, unknown }) =>
    `--data-map muss Klassen der Daten nennen (${known.join(', ')}); ${quoted(unknown)} gehört nicht dazu.`,
  classesOfData: (p) =>
    `Die Klassen von ${p.where} müssen die der Daten sein (${p.known.join(', ')}); ${quoted(p.unknown)} ist keine davon. ` +
    `Sagen Sie mit --map "${p.unknown[0]}=${p.known[0]}", was gemeint ist, oder mit "${p.unknown[0]}=", dass es keine ist.`,
  classesOfModel: (p) =>
    `Die Klassen des Modells (${p.known.join(', ')}) müssen die der Daten enthalten; ${quoted(p.unknown)} aus ${p.data} gehört nicht dazu. ` +
    `Sagen Sie mit --data-map "${p.unknown[0]}=${p.known[0] ?? ''}", was gemeint ist, oder lassen Sie es mit "${p.unknown[0]}=-" aus.`,
  dataNoScale: ({ path, format }) =>
    `Die µm je Pixel von ${path} müssen bekannt sein, und der Datensatz (${format}) sagt sie nicht. Geben Sie sie mit ` +
    '--mpp an (0,25 bei 40×, 0,5 bei 20×), als „mpp“ der Quelle in einem Rezept oder in coco.json als „mpp“ des Bildes.',
  dataNoClasses: ({ path, format }) =>
    `Die Zellkerne von ${path} müssen Klassen haben, aber dieser Datensatz (${format}) gibt keine an. Er taugt nur zum Vortrainieren.`,
  dataDots: ({ path }) =>
    `Die Kerne von ${path} müssen Rechtecke oder Umrisse haben, aber dieser Datensatz gibt Punkte. Punkte dienen dem Training und der Bewertung dessen, was Kerne findet, und für \`finetune\` und \`evaluate\`, die zu ihnen erst Kerne suchen.`,
  dotsMatched: (p) =>
    `${p.path}: ${count(p.matched)} von ${count(p.dots)} Punkten liegen höchstens ${plain(p.radius)} µm von einem Kern, den ` +
    `${p.detector} gefunden hat, und bekommen sein Rechteck; ${count(p.dots - p.matched)} entfallen. ` +
    `${count(p.others)} gefundene Kerne ohne Punkt dienen unbenannt als Kontext.`,
  dotsNone: (p) =>
    `Mindestens ein Punkt muss nahe an einem gefundenen Kern liegen, aber von den ${count(p.dots)} Punkten von ${p.path} liegt keiner höchstens ` +
    `${plain(p.radius)} µm von einem, den ${p.detector} gefunden hat. Prüfen Sie die µm je Pixel oder wählen Sie einen anderen --detector.`,
  needsDataOrRecipe: () => 'Das Training braucht Daten: Geben Sie --data an, oder --recipe zusammen mit --root.',
  recipeNoRoot: ({ recipe }) =>
    `Die Pfade in ${recipe} beginnen bei einem Ordner, und keiner ist angegeben. Nennen Sie ihn mit --root.`,
  otherScales: (p) =>
    `--mpp ${plain(p.given)} gilt für Bilder, die ihre µm je Pixel nicht angeben; ${count(p.others)} geben ` +
    `${p.least === p.most ? plain(p.least) : `${plain(p.least)} bis ${plain(p.most)}`} an, und das gilt.`,
  slideNoScale: ({ path }) =>
    `Die µm je Pixel von ${path} müssen bekannt sein, und die Datei sagt sie nicht. Geben Sie sie mit --mpp an (0,25 bei 40×, 0,5 bei 20×).`,
  predictionsTwice: (p) =>
    `Zu jedem Bild darf es nur eine Datei mit Vorhersagen geben; ${p.image} hat ${p.files.join(' und ')}.`,
  importNoSlide: ({ file }) =>
    `Zu ${file} gehört kein Präparat: Keines dieses Namens ist im Projekt oder liegt neben der Datei. Nennen Sie es mit --slide.`,
  exportNoSlides: ({ project }) =>
    `${project} enthält keine Präparate; es gibt nichts zu exportieren. Importieren Sie zuerst Zellkerne.`,
  exportWhichSlide: ({ slide, slides }) =>
    `Das Projekt hat nicht genau ein Präparat ${slide}. Seine Präparate: ${slides.join(', ')}.`,
  regionKind: ({ output }) =>
    `Ein Ausschnitt wird als PNG oder JPEG geschrieben, nicht als ${output}. Der Name muss auf .png oder .jpg enden.`,
  regionNoScale: ({ slide }) =>
    `Die µm/px von ${slide} sind nicht bekannt, also kann das Bild nicht die von --mpp haben. Nennen Sie sie mit --slide-mpp.`,
  regionPictureTooLarge: ({ size: s }) =>
    `Ein Bild von ${size(s)} px ist größer, als ein Ausschnitt sein darf (120 Millionen Pixel). Wählen Sie einen kleineren Ausschnitt oder ein größeres --mpp.`,
  classesLeftOut: ({ classes }) =>
    `Kein Zellkern der gewählten Bilder hat die Klasse ${quoted(classes)}; das Modell erhält sie nicht.`,
  classesRare: ({ rare }) =>
    `Zu wenige Beispiele zum Lernen: ${rare.map(({ name, count: n }) => `${name} (${count(n)})`).join(', ')}.`,
  noneLabelled: ({ sets }) =>
    `Kein Zellkern der gewählten Bilder von ${sets.join(', ')} hat eine Klasse; es gibt nichts zu lernen. Prüfen Sie --tiles und --data-map.`,
  predictionsNoClass: (p) =>
    `Keiner der ${count(p.nuclei)} Zellkerne aus ${p.file} hat eine Klasse, also würden alle als falsch zählen. Gesucht wurde nach: ` +
    `classification, ${p.looked.join(', ')}` +
    (p.seen.length > 0 ? `; die Zellkerne haben: ${p.seen.join(', ')}` : '') +
    '. Schreiben Sie die Klasse in eines davon, oder bewerten Sie ein Modell auf diesen Zellkernen (--nuclei predictions).',
  predictionsSomeNoClass: (p) =>
    `${p.file}: ${count(p.without)} von ${count(p.nuclei)} Zellkernen haben keine Klasse und zählen als falsch.`,
  predictionsMissing: (p) =>
    `Zu jedem Bild muss es in ${p.path} eine Datei seines Namens geben; ${count(p.without.length)} von ${count(p.images)} haben keine: ` +
    `${some(p.without)}. Bewerten Sie mit --tiles weniger Bilder.`,
  predictionsNoFile: ({ name, image }) =>
    `${name} hat keine Datei zu ${image}. Bewerten Sie mit --tiles weniger Bilder.`,
  noNucleiOn: ({ slide }) =>
    `Auf ${slide} gibt es keine Zellkerne. Prüfen Sie die µm je Pixel oder lesen Sie mit --nuclei Zellkerne eines anderen Programms ein.`,
  atOutside: (p) =>
    `--at muss auf dem Präparat von ${p.slide.join(' × ')} Pixeln liegen; angegeben wurde ${p.at.join(',')}.`,
  atNoNucleus: (p) =>
    `Kein Zellkern liegt näher als ${plain(p.reach)} µm an ${p.at.join(',')}` +
    (p.nearest === null
      ? '; ringsum wurde keiner gefunden.'
      : `; der nächste ist ${decimal(p.nearest, 0)} µm entfernt.`) +
    ' Wählen Sie einen anderen Punkt oder geben Sie --nuclei an.',
  noHead: (p) =>
    `Das Modell hat ${p.heads} Aufmerksamkeitsköpfe, 0 bis ${p.heads - 1}; angegeben wurde --head ${p.head}.`,
  metricOfGiven: () =>
    'Metrik A bewertet die Klassen der gegebenen Zellkerne, und Vorhersagen haben ihre eigenen. Bewerten Sie sie mit --metric B oder C.',
  imagesNoLabels: ({ data }) =>
    `Die zu bewertenden Bilder haben keinen benannten Zellkern. Prüfen Sie --tiles und ${data}.`,
  needsPredictions: () =>
    '--nuclei predictions braucht --predictions mit den Umrissen, die klassifiziert werden sollen.',
  nothingNear: (p) =>
    `Keiner der Zellkerne von ${p.name} liegt näher als ${plain(p.radius)} µm an einem benannten wahren Zellkern. ` +
    'Prüfen Sie, ob Dateien und Bilder zusammengehören und in denselben Pixeln sind.',
  pictureNeedsOut: ({ name }) => `Sagen Sie mit --out, wohin das Bild ${quoted([name])} geschrieben werden soll.`,
  outMustBeOnnx: ({ output }) => `Die zu schreibende Datei muss auf .onnx enden; angegeben wurde ${quoted([output])}.`,
  calibrateImages: (p) =>
    `Zum Kalibrieren braucht es mindestens ${count(p.least)} Bilder mit benannten Zellkernen, weil jedes mit der Kalibrierung der anderen bewertet wird; ` +
    `es sind ${count(p.found)}. Prüfen Sie --tiles.`,
  needsSeed: () => 'Eine Sonde braucht mindestens einen Startwert; angegeben wurden 0.',
  probeTiles: ({ tiles }) =>
    `Eine Sonde lernt an den Bildern, die --tiles übrig lässt, und ${quoted([tiles])} lässt keines übrig. Wählen Sie andere.`,
}
