import type { training as english } from '../english/training.ts'
import type { Translated } from '../sentence.ts'
import { count, decimal, plain, quoted } from './words.ts'

export const training: Translated<typeof english> = {
  slowTraining: (p) => {
    const how = [
      ...(p.checkpointed ? ['läuft Block für Block'] : []),
      ...(p.inFile ? ['hält die Zahlen des Optimierers in einer Datei'] : []),
    ].join(' und ')
    return `Das Training ${how} und ist so langsamer, denn in einem Zug braucht es etwa ${count(p.whole)} MB, und ${count(p.available)} MB sind frei.`
  },
  int8OnCpuOnly: ({ provider }) => `Mit 8 Bit kodiert nur der Prozessor; ${provider} kodierte in voller Genauigkeit.`,
  int8Disagrees: (p) =>
    `8-Bit-Tokens dieses Modells müssen mit der vollen Genauigkeit bis zum Kosinus ${decimal(p.least, 3)} übereinstimmen, aber im ersten Ausschnitt ` +
    `war es bei einem nur ${decimal(p.found, 4)}. Benutzt wurde die volle Genauigkeit.`,
  mppTooCoarse: ({ most, mpp }) =>
    `Zellkerne lassen sich finden, wo ein Pixel höchstens ${plain(most)} µm breit ist; hier sollen es ${plain(mpp)} µm sein. Prüfen Sie die µm je Pixel.`,
  regionNeedsSize: (p) =>
    `Ein Ausschnitt braucht eine Breite und eine Höhe über 0; angegeben wurde ${p.width} × ${p.height}.`,
  regionOffSlide: (p) =>
    `Der Ausschnitt ${p.region.join(',')} liegt außerhalb des Präparats von ${p.slide.join(' × ')} Pixeln.`,
  noNucleusAt: ({ nucleus, of }) => `Den Zellkern ${nucleus} gibt es unter den ${count(of)} dieses Präparats nicht.`,
  modelNeedsClasses: ({ model }) =>
    `Das Modell ${model} hat noch keine Klassen: Trainieren Sie es zuerst an benannten Zellkernen nach.`,
  noNucleiFor: ({ what }, say) =>
    `${say(what)} braucht Zellkerne, und es gibt keine. Finden Sie zuerst welche oder lesen Sie welche ein.`,
  whatMap: () => 'Eine Karte',
  whatProbe: () => 'Eine Sonde',
  needsLabels: () =>
    'Das Training braucht benannte Zellkerne, und es gibt keine. Benennen Sie zuerst einige Zellkerne.',
  tryNeedsTokens: () =>
    'Dieses Präparat muss vom verwendeten Modell klassifiziert sein, bevor es aus Benennungen lernen kann.',
  liveWaits: () =>
    'Ein neu trainiertes Modell wartet: Entscheiden Sie zuerst, was es auf diesem Präparat ändern darf (Training).',
  liveOnlyWhole: () =>
    'Klassen, die beim Benennen gelernt wurden, ändern sich mit der nächsten Benennung und lassen sich nur im Ganzen übernehmen. Trainieren Sie das Modell, um einen Teil zu behalten.',
  liveNeedsRun: () =>
    'Klassifizieren Sie zuerst dieses Präparat. Karyon lernt dann aus Ihren Benennungen, während Sie arbeiten.',
  liveNeedsClasses: ({ classes }) =>
    classes === 0
      ? 'Benennen Sie Zellkerne von mindestens zwei Klassen. Karyon lernt dann daraus.'
      : 'Benennen Sie Zellkerne einer zweiten Klasse. Karyon lernt dann daraus.',
  probeNeedsLabels: () => 'Eine Sonde lernt von benannten Zellkernen, und es gibt keine.',
  needsImage: () => 'Es braucht mindestens ein Bild, und es gibt keines.',
  tilesLeaveNone: () => 'Es braucht mindestens ein Bild, und --tiles lässt keines übrig. Wählen Sie andere.',
  diverged: (p) =>
    `Das Training muss mit endlichen Zahlen rechnen, aber bei Schritt ${count(p.step)} ` +
    (p.gradient === null
      ? `wurde der Verlust ${p.loss}`
      : `enthält der Gradient von ${`„${p.gradient}“`} NaN oder Unendlich`) +
    '. Das verwendete Modell ist unverändert. Versuchen Sie eine kleinere Lernrate oder prüfen Sie die benannten Präparate auf beschädigte Stellen.',
  checkpointOther: ({ path }) =>
    `Der Checkpoint ${path} muss von denselben Daten, Klassen, Modell, Verfahren und Startwert sein wie jetzt oder fehlen. Er ist von ` +
    'einem anderen Training oder kein Checkpoint und würde ersetzt. Geben Sie dasselbe an wie damals oder einen anderen --checkpoint.',
  checkpointCut: ({ path }) =>
    `${path} muss ein ganzer Checkpoint sein, ist aber abgeschnitten oder keiner. Löschen Sie die Datei, um von vorn zu trainieren.`,
  loraNeedsParent: () =>
    'Low-Rank-Anpassungen (LoRA) gehen von einem trainierten Modell aus: Nennen Sie eines oder trainieren Sie das ganze Netz.',
  loraRank: (p) =>
    `Der Rang von Low-Rank-Anpassungen muss eine ganze Zahl von 1 bis zur Breite des Netzes sein, ${p.width}; angegeben wurde ${p.rank}. ` +
    `${p.good} ist eine gute Wahl.`,
  headNeedsParent: () =>
    'Den Kopf allein zu trainieren braucht ein trainiertes Modell: Nennen Sie eines oder trainieren Sie das ganze Netz.',
  tokenizerNeedsStem: ({ path }) =>
    `${path} hat keinen Stamm, aus dem Token werden könnten. Ein Modell mit Stamm angeben.`,
  tokenizerNeedsNuclei: () =>
    'Token von Kernen entstehen aus Bildern, deren Kerne angegeben sind; von diesen hat keines welche.',
  tooFewToCluster: ({ what, rows, vocabulary }) =>
    `${vocabulary} Codes brauchen mindestens ${2 * vocabulary} ${what === 'patch' ? 'Felder' : 'Kerne'}; die Daten gaben ${rows}. Mehr Bilder angeben oder ein kleineres --vocabulary.`,
  pretrainNoStem: () =>
    'Maskiertes Lernen lässt den Stamm eines Netzes, wie er ist; er muss also trainiert sein. Statt einer Vorlage ein Modell mit Stamm angeben.',
  surroundingsNeedStem: ({ id }) =>
    `Der Verlust „surroundings“ nimmt seine Merkmale von einem Tokenizer, der aus einem Stamm gemacht ist; ${id} ist das nicht. Einen anderen --tokenizer angeben oder den Verlust weglassen.`,
  viewsNeedStem: () =>
    'Der Verlust „views“ vergleicht zwei Ansichten eines Ausschnitts, wie ein Stamm sie sieht. Ein Modell mit Stamm angeben oder den Verlust weglassen.',
  resumePretraining: (p) =>
    `Zum Fortsetzen muss ${p.path} von denselben Präparaten, Netz, Verlusten, Startwert und visuellen Tokens sein wie jetzt (${p.id}, ${count(p.vocabulary)} Tokens); ` +
    'die Datei fehlt oder ist von einem anderen Vortraining. Geben Sie dasselbe an wie damals oder beginnen Sie ohne --resume.',
  resumeTokenizer: ({ path }) =>
    `Zum Fortsetzen muss ${path} der Checkpoint eines Trainings mit denselben Daten, Vokabular und Startwert sein; er fehlt oder ist von einem anderen. Beginnen Sie ohne --resume.`,
  checkpointLeft: ({ path }) =>
    `Ein unterbrochener Lauf hat ${path} hinterlassen. Setzen Sie ihn mit --resume fort oder löschen Sie die Datei, um neu zu beginnen.`,
  noCheckpoint: ({ path }) => `Es gibt keinen Checkpoint ${path} zum Fortsetzen. Beginnen Sie ohne --resume.`,
  noTissueOn: ({ path }) =>
    `Auf ${path} wurde kein Gewebe gefunden. Geben Sie Bilder oder Präparate von H&E-gefärbtem Gewebe an.`,
  vocabularySize: (p) =>
    `Ein Vokabular muss mindestens 2 und höchstens ${count(p.most)} Codes haben; angegeben wurden ${p.given}. Versuchen Sie 512.`,
  perplexityRange: (p) =>
    `Die angestrebte Perplexität muss mindestens 2 und höchstens so groß wie das Vokabular sein, ${count(p.vocabulary)}; angegeben wurde ${p.given}. Versuchen Sie 64.`,
  detectorBegins: () => 'Das Training muss mit --stem (einem Modell mit Stamm) oder --start (einem Detektor) beginnen.',
  detectorMppRange: ({ least, most, given }) =>
    `Ein Detektor kann ${plain(least)} bis ${plain(most)} µm je Pixel sehen; verlangt wurden ${plain(given)}. Üblich sind 0,4.`,
  needsSource: () => 'Das Training braucht mindestens eine Quelle von Bildern, und das Rezept nennt keine.',
  recipeWrong: ({ file, issue }, say) => `${file} muss ein Rezept sein, das Quellen von Bildern nennt: ${say(issue)}.`,
  recipeUnmapped: (p) =>
    `Jede Klasse von ${p.data} muss eine Klasse von ${p.file} sein (${p.classes.join(', ')}) oder unter „classes“ der Quelle sagen, welche sie ist, ` +
    `mit „-“ keine; für ${quoted(p.unmapped)} fehlt das.`,
  recipeUnknown: (p) =>
    `„classes“ von ${p.data} in ${p.file} muss Klassen des Rezepts nennen (${p.classes.join(', ')}) oder „-“; ${quoted(p.unknown)} ist keines davon.`,
  recipeUntaught: (p) =>
    `Jede Klasse von ${p.file} muss in einer seiner Quellen einen benannten Kern haben; ${quoted(p.classes)} hat keinen. Nehmen Sie sie aus dem Rezept, oder fügen Sie eine Quelle hinzu.`,
  recipeAbsent: (p) => `${p.data}: Das Rezept nennt ${quoted(p.absent)}, wovon diese Bilder keinen Kern haben.`,
  sourceNoLabels: ({ data }) =>
    `Jede Quelle muss einen benannten Kern haben, und ${data} hat keinen. Nehmen Sie sie aus dem Rezept, oder wählen Sie andere Bilder.`,
  sourceTrained: (p) =>
    `${p.data}: ${count(p.labelled)} benannte Kerne auf ${count(p.images)} Bildern` +
    (p.share === null ? '' : `, ${Math.round(100 * p.share)} % der Ausschnitte`) +
    (p.missing.length
      ? `; er unterscheidet ${p.missing.join(', ')} nicht, also lehren seine Kerne darüber nichts`
      : '') +
    '.',
  resumeDetector: ({ path }) =>
    `Zum Fortsetzen muss ${path} der Zwischenstand eines Trainings mit denselben Quellen, demselben Anfang und Startwert sein; er fehlt oder gehört zu einem anderen. Beginnen Sie ohne --resume.`,
  sourceNoScale: ({ path }) =>
    `Die µm pro Pixel von ${path} müssen bekannt sein, und nichts gibt sie an. Geben Sie „mpp“ im Rezept an, oder „medianDiameter“, wenn die Vergrößerung nicht bekannt ist.`,
  sourceBoxes: ({ path }) => `Die Kerne von ${path} müssen Umrisse haben oder Punkte sein; sie sind Rechtecke.`,
  sourceSmall: ({ path, least }) =>
    `Bilder müssen mindestens ${plain(least)} µm breit und hoch sein, damit aus ihnen gelernt werden kann; keines von ${path} ist es.`,
  needsStep: () => 'Das Training muss mindestens einen Schritt machen; angegeben wurden 0.',
}
