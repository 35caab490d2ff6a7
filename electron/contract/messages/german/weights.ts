import type { weights as english } from '../english/weights.ts'
import type { Translated } from '../sentence.ts'
import { count, quoted, shape } from './words.ts'

export const weights: Translated<typeof english> = {
  folderTaken: ({ path }) => `Den Ordner ${path} gibt es schon. Wählen Sie einen anderen Namen.`,
  averageNeedsTwo: ({ given }) =>
    `Ein Mittel von Gewichten braucht mindestens 2 Modelle; angegeben ${given === 1 ? 'wurde 1' : `wurden ${given}`}. Nennen Sie die Ordner von Modellen, die aus demselben weitertrainiert wurden.`,
  averageDiffers: ({ first, other }) =>
    `Modelle, deren Gewichte gemittelt werden, müssen aus demselben weitertrainiert sein und dieselben Klassen, µm je Pixel, Ansichten und dieselbe Lizenz haben; ` +
    `bei ${quoted([other])} und ${quoted([first])} ist das nicht so. Nennen Sie andere.`,
  modelChoice: ({ known, given }) =>
    `Ein Modell muss ein Ordner mit model.json oder eine der mitgelieferten Kennungen sein (${known.join(', ') || 'keine installiert'}); angegeben wurde ${quoted([given])}.`,
  tokenizerChoice: ({ known, given }) =>
    `Ein Tokenizer muss ein Ordner mit tokenizer.json, die encoder.pkl von DALL-E oder eine der mitgelieferten Kennungen sein ` +
    `(${known.join(', ') || 'keine installiert'}); angegeben wurde ${quoted([given])}.`,
  detectorForModel: ({ path }) =>
    `Gebraucht wird ein Modell, das Zellkerne klassifiziert; ${path} ist ein Detektor, der sie nur findet. Bitte einen Ordner mit model.json wählen.`,
  modelForDetector: ({ path }) =>
    `Gebraucht wird ein Detektor; ${path} ist ein Modell, das Zellkerne nur klassifiziert. Bitte einen Ordner mit detector.json wählen.`,
  detectorChoice: ({ known, given }) =>
    `Ein Detektor muss ein Ordner mit detector.json oder eine der eingebauten Kennungen sein (${known.join(', ') || 'keine installiert'}); angegeben ist „${given}“.`,
  presetChoice: ({ known, given }) =>
    `Eine Vorlage muss eine von diesen sein: ${known.join(', ')}; angegeben wurde ${quoted([given])}.`,
  descriptionWrong: ({ file, issue }, say) =>
    `${file} beschreibt nicht, was Karyon liest: ${say(issue)}. Stellen Sie den Ordner von der Quelle wieder her.`,
  calibrationWrong: (p) =>
    `Die Kalibrierung in ${p.file} muss für jede der ${p.classes.length} Klassen (${p.classes.join(', ')}) einen Wert haben; ` +
    `sie hat ${p.given}. Bestimmen Sie sie mit karyon models calibrate neu.`,
  hashDiffers: (p) =>
    `Die Gewichte in ${p.path} sind nicht die, welche die Beschreibung nennt (SHA-256 ${p.found.slice(0, 12)}… statt ` +
    `${p.named.slice(0, 12)}…). Der Ordner wurde verändert oder beschädigt; stellen Sie ihn von der Quelle wieder her.`,
  replayShape: ({ file, width }) =>
    `${file} muss Tokens ${shape(['n', width])} und Benennungen ${shape(['n'])} enthalten. Stellen Sie den Modellordner von der Quelle wieder her.`,
  weightsWrong: ({ path, flaw }, say) =>
    `Für die Gewichte in ${path} gilt nicht: ${say(flaw)}. Stellen Sie den Ordner von der Quelle wieder her.`,
  flawHead: ({ classes, rows }) =>
    `ein Kopf mit ${classes.length} Klassen, wie model.json sie auflistet (${classes.join(', ')}); vorhanden sind ${rows}`,
  flawMissing: ({ name, expected }) => `„${name}“ von der Form ${shape(expected)} muss da sein und fehlt`,
  flawShape: ({ name, expected, found }) => `„${name}“ muss die Form ${shape(expected)} haben und hat ${shape(found)}`,
  flawStem: ({ name, expected, stem, found }) =>
    `„${name}“ muss in einem ${stem} die Form ${shape(expected)} haben und ${found === null ? 'fehlt' : `hat ${shape(found)}`}`,
  flawVariance: ({ name }) => `die Varianzen in „${name}“ müssen mindestens 0 sein`,
  flawNotFinite: ({ name }) => `alle Zahlen müssen endlich sein; „${name}“ enthält NaN oder Unendlich`,
  configWrong: ({ where, problem }, say) => `Das Netz in ${where} ist nicht zu benutzen: ${say(problem)}.`,
  configPositive: ({ key, value }) => `${key} muss eine positive ganze Zahl sein, ist aber ${value}`,
  configDivisible: (p) => `${p.key} ${p.value} muss durch ${p.by} ${p.divisor} teilbar sein`,
  configEighth: ({ width }) =>
    `width ${width} muss durch 8 teilbar sein (Positionen nehmen je ein Viertel ein, in Paaren von Sinus und Kosinus)`,

  configStem: () => 'ein Netz mit Stamm muss patchSize 16 haben und weder nucleiOnPatches noch nearness',

  importNotFitting: (p, say) => `Für ${p.where} gilt nicht: ${say(p.flaw)}. Prüfen Sie, ob es die richtige Datei ist.`,
  flawMissingLayers: (p) =>
    `alle Tensoren eines ViT mit ${p.layers} Schichten müssen da sein, aber „${p.name}“ fehlt` +
    (p.more > 0 ? ` (und ${count(p.more)} weitere)` : ''),
  flawNoVit: () => `ein Vision Transformer („patch_embed.proj.weight“ [D, 3, p, p] und „blocks.0…“) muss da sein`,
  flawWithout: ({ part, name }) => `„${part}“ muss zu „${name}“ da sein und fehlt`,
  classNamesRepeat: ({ names }) => `Klassen müssen verschiedene Namen haben; angegeben wurden ${names.join(', ')}.`,
  classCount: (p) =>
    `Es müssen so viele Klassen sein, wie der Kopf in ${p.where} hat, ${p.rows}; angegeben wurden ${p.names.length} (${p.names.join(', ')}). ` +
    'Mit --new-head beginnt ein neuer Kopf.',
  checkpointNoScale: ({ file }) =>
    `Es muss bekannt sein, mit wie vielen µm je Pixel ${file} trainiert wurde, und ein Checkpoint sagt das nicht. Geben Sie es mit --mpp an.`,

  safetensorsDamaged: ({ name, why }, say) =>
    `${name} muss eine unversehrte safetensors-Datei sein, aber ${say(why)}. Kopieren Sie die Datei noch einmal von der Quelle.`,
  onlyBytes: ({ bytes }) => `sie hat nur ${bytes} Bytes`,
  headerPastEnd: () => 'ihr Kopf reicht über ihr Ende hinaus (abgeschnitten oder ein anderes Format)',
  headerNotJson: () => 'ihr Kopf ist kein JSON',
  tensorKind: ({ name, kind }) => `der Tensor „${name}“ ist von unbekannter Art (${kind})`,
  tensorFill: (p) => `der Tensor „${p.name}“ der Form ${shape(p.shape)} füllt seine ${p.bytes} Bytes nicht`,
  tensorPastEnd: ({ name }) => `der Tensor „${name}“ reicht über ihr Ende hinaus (abgeschnitten)`,

  torchDamaged: ({ path, why }, say) =>
    `${path} muss ein unversehrter PyTorch-Checkpoint sein, aber ${say(why)}. Kopieren Sie die Datei noch einmal von der Quelle.`,
  torchNeither: ({ path }) =>
    `${path} muss ein PyTorch-Checkpoint sein, hat aber keine der beiden Formen von torch (zip-Archiv oder Pickle-Strom). Prüfen Sie, ob es die richtige Datei ist.`,
  torchBigEndian: ({ path }) =>
    `${path} muss Zahlen in Little-Endian enthalten, wurde aber auf einer Big-Endian-Maschine geschrieben. Laden und speichern Sie die Datei auf einer üblichen Maschine noch einmal.`,
  torchCode: ({ path, name }) =>
    `${path} darf nur Gewichte enthalten, verlangt aber den Python-Code ${quoted([name])}. Das wurde abgelehnt und nichts ausgeführt. ` +
    'Wenn Sie der Quelle trauen, speichern Sie die Gewichte allein, in Python: torch.save(model.state_dict(), path).',
  torchCompressed: ({ path, name }) =>
    `${path} muss ein unkomprimiertes Archiv sein, wie torch.save es schreibt, aber ${quoted([name])} darin ist komprimiert. Laden und speichern Sie die Datei noch einmal in Python.`,
  torchHolds: ({ path, what, found }, say) =>
    `${path} muss ${say(what)} enthalten, enthält aber ${say(found)}. Speichern Sie die Gewichte allein, in Python: torch.save(model.state_dict(), path).`,
  aStateDict: () => 'ein state_dict',
  aModule: () => 'ein Modul als Pickle',
  anObject: ({ type }) => `ein Objekt vom Typ ${type}`,
  somethingElse: () => 'etwas anderes',
  aDictionary: ({ keys }) =>
    keys.length ? `ein Wörterbuch mit ${quoted(keys)} und ohne Gewichte` : 'ein leeres Wörterbuch',
  cutShort: () => 'die Datei ist abgeschnitten',
  itEnded: () => 'die Datei endete beim Lesen',
  sizeImpossible: () => 'sie gibt eine Größe an, die keine Datei haben kann',
  nameTooLong: () => 'sie enthält einen zu langen Namen',
  isEmpty: () => 'die Datei ist leer',
  noEntry: ({ name }) => `ihrem Archiv fehlt ${quoted([name])}`,
  headerNamesStorages: () => 'ihr Kopf nennt Speicher',
  notByTorch: () => 'sie ist ein Pickle, den torch nicht geschrieben hat',
  unknownVersion: () => 'sie ist von einer unbekannten Fassung der Form',
  noStorageList: () => 'ihr fehlt die Liste der Speicher',
  storageUnused: ({ key }) => `sie nennt den Speicher „${key}“, den nichts benutzt`,
  storagePastEnd: ({ key }) => `der Speicher „${key}“ reicht über ihr Ende hinaus (abgeschnitten)`,
  storageWithout: ({ key }) => `für den Speicher „${key}“ fehlen die Zahlen`,
  storageUnknown: () => 'sie nennt einen Speicher auf unbekannte Weise',
  numbersUnread: ({ type }) => `sie enthält ${type}, eine Art von Zahlen, die hier nicht gelesen wird`,
  archiveDirectory: () => 'das Verzeichnis ihres Archivs ist beschädigt oder abgeschnitten',
  archiveMisplaced: ({ name }) => `„${name}“ ist nicht, wo das Verzeichnis ihres Archivs sagt`,
  archiveNoEnd: () => 'sie ist ein zip-Archiv ohne Ende (abgeschnitten)',
  tensorFit: (p) =>
    `der Tensor „${p.name}“ der Form ${shape(p.shape)} passt nicht zu seinem Speicher von ${p.numbers} Zahlen`,
  tensorRepeats: (p) =>
    `der Tensor „${p.name}“ der Form ${shape(p.shape)} wiederholt die ${p.numbers} Zahlen seines Speichers. Speichern Sie ihn als .contiguous()`,
  tensorShared: ({ name }) => `der Tensor „${name}“ teilt seinen Speicher mit zu vielen anderen`,
  pickleUnsound: ({ byte }) => `ihr Pickle ergibt bei Byte ${byte} keinen Sinn`,
  pickleProtocol: () => 'ihr Pickle hat ein neueres Protokoll als 5',
  pickleOperation: ({ code }) => `ihr Pickle benutzt die Operation ${code}, die torch nicht schreibt`,
  pickleArguments: ({ name }) => `ihr Pickle bildet ${name} aus Argumenten, die nicht dazu passen`,

  tokenizerNot: ({ path, problem }, say) =>
    `${path} ist kein visueller Tokenizer: ${say(problem)}. Geben Sie einen Tokenizer-Ordner oder die encoder.pkl von DALL-E an.`,
  dvaeMissing: ({ name }) => `ein dVAE-Encoder muss „${name}“ enthalten; es fehlt`,
  dvaeShape: ({ name, expected, found }) =>
    `„${name}“ muss die Form ${shape(expected)} haben, hat aber ${shape(found)}`,
}
