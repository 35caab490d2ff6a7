import type { work as english } from '../english/work.ts'
import type { Translated } from '../sentence.ts'
import { leftOutList } from './annotations.ts'
import { count, decimal, nuclei, percent, quoted, seconds } from './words.ts'

const stages = {
  reading: 'Lesen',
  encoding: 'Kodieren',
  training: 'Trainieren',
  scoring: 'Bewerten',
  saving: 'Speichern',
} as const

export const work: Translated<typeof english> = {
  detecting: () => 'Zellkerne finden',
  importing: ({ file }) => `${file} einlesen`,
  classifying: ({ model }) => `Mit ${model} klassifizieren`,
  mapping: () => 'Karte der Zellkerne erstellen',
  training: ({ model }) => `Aus ${model} nachtrainieren`,
  comparingLabels: () => 'Benennungen werden verglichen',
  comparingEncoders: () => 'Vergleich mit dem benutzten Modell',
  labelsCompared: (p) =>
    `${count(p.labels)}${p.labels < p.of ? ` von ${count(p.of)}` : ''} Benennungen verglichen in ${seconds(p.seconds)}.`,
  forecasting: () => 'Vorhersage, was weitere Benennungen bringen',
  forecasted: (p) => `Vorhersage aus ${count(p.labels)} Benennungen in ${seconds(p.seconds)}.`,
  pretraining: () => 'Vortrainieren',
  stage: ({ stage }) => stages[stage],

  nucleiFound: (p) =>
    `${nuclei(p.nuclei)} gefunden in ${seconds(p.seconds)}.` +
    (p.carried > 0
      ? ` ${p.carried === 1 ? '1 Benennung ging' : `${count(p.carried)} Benennungen gingen`} auf die neuen Umrisse über.`
      : ''),
  noneFurther: () => 'Keine weiteren Zellkerne gefunden.',
  noneFound: () => 'Keine Zellkerne gefunden. Prüfen Sie die µm/px des Präparats und ob es eine H&E-Färbung ist.',
  notFoundAgain: (p) =>
    p.nuclei === 1
      ? '1 benannter Zellkern wurde nicht wiedergefunden. Er behält seinen alten Umriss.'
      : `${count(p.nuclei)} benannte Zellkerne wurden nicht wiedergefunden. Sie behalten ihre alten Umrisse.`,
  classified: (p) =>
    `${nuclei(p.nuclei)} von ${p.model} klassifiziert in ${seconds(p.seconds)} auf ${p.provider}` +
    `${p.fromCache ? ', ohne das Präparat neu zu lesen' : ''}.`,
  mapped: (p) =>
    `Karte von ${p.nuclei === 1 ? '1 Zellkern' : `${count(p.nuclei)} Zellkernen`} erstellt in ${seconds(p.seconds)}.`,
  imported: (p, say) =>
    [
      `${nuclei(p.nuclei)} eingelesen${p.labels === null ? '' : `, ${count(p.labels)} mit Benennung`}.`,
      ...(p.dots > 0 ? [`${count(p.dots)} Punkte gaben ihre Klasse dem Zellkern an ihrer Stelle.`] : []),
      ...(p.left.length > 0 ? [`Ausgelassen oder geändert: ${leftOutList(p.left)}.`] : []),
      ...p.notes.map(say),
    ].join(' '),
  trained: (p) =>
    `${p.model} hat aus ${count(p.labels)} benannten Zellkernen gelernt, in ${seconds(p.seconds)}. ` +
    (p.held?.accuracy
      ? `Es stimmt bei ${percent(100 * p.held.accuracy.mean)} (95 %: ${percent(100 * p.held.accuracy.low)} bis ${percent(100 * p.held.accuracy.high)}) der ${count(p.held.labels)} zurückgehaltenen überein. `
      : '') +
    `${p.parent} bleibt und kann wieder verwendet werden.`,
  pretrained: (p, say) =>
    `${p.model}: Verlust ${decimal(p.from, 2)} → ${decimal(p.to, 2)} über ${count(p.crops)} Ausschnitte, ${count(p.seconds)} s. ` +
    (p.score === null
      ? ''
      : `In Gewebe, das es nie sah, sagt es ${percent(p.score.predicted)} des Verdeckten richtig voraus ` +
        `(das häufigste Bild: ${percent(p.score.frequent)}, das nächste: ${percent(p.score.copied)}). `) +
    ('why' in p.verdict
      ? `Ob es hilft, ist nicht bekannt: ${say(p.verdict.why)} `
      : `Von ${count(p.verdict.labels)} zurückgehaltenen Benennungen trifft ein Klassifikator darauf ${percent(p.verdict.after)}, auf dem benutzten Modell ${percent(p.verdict.before)}` +
        (p.verdict.gain
          ? ` (Unterschied ${decimal(p.verdict.gain.low, 1)} bis ${decimal(p.verdict.gain.high, 1)} Punkte, 95 %${p.verdict.gain.low > 0 ? '' : ': das kann Zufall sein'}). `
          : '. ')) +
    ('kept' in p.verdict && !p.verdict.kept
      ? 'Es hilft nicht und wurde nicht behalten; das benutzte Modell bleibt.'
      : 'Es kennt noch keine Klassen: Wählen Sie es und trainieren Sie dann das ganze Netz nach.'),
  modelWithoutClasses: ({ model }) =>
    `${model} kennt noch keine Klassen: Die Präparate bleiben, wie sie sind. Benennen Sie Zellkerne und trainieren Sie es nach.`,
  engineKeepsEnding: ({ times, seconds }) =>
    `Der Rechenprozess endete ${count(times)}-mal nacheinander und wird deshalb ${count(seconds)} s lang nicht neu gestartet. Benennungen sind sicher. Schließen Sie andere Programme, die viel Speicher brauchen, und versuchen Sie es dann erneut; endet er immer wieder, starten Sie Karyon neu.`,
  engineEnded: ({ why }, say) =>
    `Der Rechenprozess endete mitten in der Arbeit (${say(why)}). Benennungen sind sicher. Starten Sie erneut.`,
  engineOfOtherVersion: () =>
    'Der Rechenprozess hat eine andere Fassung als der Rest von Karyon, das wohl aktualisiert wurde, während es offen war. Benennungen sind sicher. Schließen Sie Karyon und starten Sie es neu.',
  engineStoppedWithCode: ({ code }) => `er hielt mit Code ${code} an`,
  engineEndedBySignal: ({ signal }) => `er wurde durch ${signal} beendet`,
  engineNotStarted: ({ reason }) => `er ließ sich nicht starten: ${reason}`,

  batchEmpty: (p) =>
    `${p.folder} enthält kein Präparat, das Karyon öffnen kann.` +
    (p.folders > 0
      ? ` ${p.folders === 1 ? 'Der Ordner darin wurde' : `Die ${count(p.folders)} Ordner darin wurden`} nicht durchsucht: Wählen Sie einen davon.`
      : ''),
  batchFolders: ({ folders }) =>
    `${folders === 1 ? '1 Ordner' : `${count(folders)} Ordner`} darin ${folders === 1 ? 'wurde' : 'wurden'} nicht nach Präparaten durchsucht.`,
  noNuclei: () => 'Dieses Präparat hat noch keine Zellkerne. Finden Sie zuerst welche oder lesen Sie welche ein.',
  noLabels: () =>
    'Es gibt noch nichts zu lernen. Benennen Sie zuerst einige Zellkerne: einen auswählen und die Taste seiner Klasse drücken.',
  nothingToMask: () =>
    'Vortrainiert wird an Zellkernen ohne Benennungen, und kein Präparat dieses Projekts hat welche. Finden Sie zuerst welche oder lesen Sie welche ein.',
  allOutside: () =>
    'Alle Zellkerne dieses Präparats liegen, wo das Gewebe herausgenommen wurde. Fügen Sie es wieder hinzu oder suchen Sie Zellkerne im übrigen.',
  labelsNeedTokens: ({ model }) =>
    `Benennungen werden nach dem verglichen, was ${model} von ihren Zellkernen sieht, denn es hat nicht aus ihnen gelernt; aber es hat die benannten Präparate noch nicht klassifiziert. Verwenden Sie dieses Modell und klassifizieren Sie einmal damit.`,
  tooFewLabels: (p) =>
    `Zu vergleichen sind ${count(p.labels)} Benennungen aus ${p.classes === 1 ? 'einer Klasse' : `${count(p.classes)} Klassen`}. Nötig sind mindestens ${count(p.fewest)} aus zwei Klassen; benennen Sie zuerst mehr.`,
  noTokens: () =>
    'Zellkerne werden nach dem verglichen, was das verwendete Modell von ihnen sieht, und diese Umrisse hat es noch nicht gesehen. Klassifizieren Sie das Präparat zuerst.',
  whyNeedsLabels: () =>
    'Noch ist kein Zellkern benannt. Benennen Sie einige aus jeder Klasse: Dann stehen hier die, die diesem am ähnlichsten sind.',
  noneLikeThat: () => 'Kein Zellkern dieses Präparats ist so; es gibt nichts zu benennen. Wählen Sie andere.',
  noneToAccept: () => 'Kein Zellkern dieses Präparats ist so; es wurde nichts angenommen. Wählen Sie andere.',
  noneToAgree: () =>
    'Das Modell hat diese Zellkerne nicht klassifiziert; es gibt nichts, dem zuzustimmen wäre. Klassifizieren Sie sie zuerst.',
  noJob: ({ id }) => `Es gibt keine Arbeit ${id}. Vielleicht ist sie längst beendet.`,
  noModel: ({ id, known }) => `Es gibt kein Modell ${quoted([id])}. Bekannte Modelle: ${known.join(', ')}.`,
  noModelInstalled: () =>
    'Es ist kein Modell installiert: resources/models ist leer. Installieren Sie Karyon neu oder trainieren Sie ein Modell mit „karyon finetune“.',
  auditTooSmall: (p) =>
    `Auf diesem Präparat ${p.nuclei === 1 ? 'zählt' : 'zählen'} nur ${nuclei(p.nuclei)}. Eine Stichprobe braucht mindestens ${count(p.fewest)}; sehen Sie stattdessen jeden an.`,
  auditOpen: (p) =>
    `Eine Stichprobe dieses Präparats ist nicht fertig: noch ${nuclei(p.left)}. Beenden Sie sie zuerst, damit keine zweimal gezogen wird.`,
  countNotSure: () => 'Nicht sicher (ein Mensch)',
  countBadOutline: () => 'Schlechter Umriss',
  countRangeIs: () =>
    'Mindestens: von Menschen benannt oder vom Modell mit Sicherheit so genannt. Höchstens: dazu die unsicher so genannten und die, bei denen es unsicher ist und diese Klasse seine zweite Wahl. Fehler, bei denen sich das Modell sicher ist, deckt das nicht ab.',
  countAuditIs: ({ nuclei: n }) =>
    `Berichtigt durch eine Stichprobe von ${count(n)} Zellkernen; der Bereich enthält den wahren Anteil mit einer Wahrscheinlichkeit von 95 %.`,
  noAudit: () => 'Für dieses Präparat läuft keine Stichprobe. Beginnen Sie eine in den Berichten.',
  noReviewList: ({ id }) => `Die Liste ${id} gibt es nicht mehr. Erstellen Sie sie neu.`,
  noRegion: ({ id }) => `Auf diesem Präparat gibt es keine Region ${id}. Wählen Sie eine andere.`,
  noMap: () => 'Von diesem Präparat gibt es noch keine Karte. Erstellen Sie zuerst eine.',
  noTissue: () => 'Das Gewebe dieses Präparats ist noch nicht bekannt. Zeigen Sie es zuerst an.',
  noPairOfReaders: ({ first, second }) =>
    `Es gibt keine Benennungen von sowohl ${first} als auch ${second}. Wählen Sie zwei Befunder.`,
  runOfOtherSlide: ({ id }) =>
    `Die Klassifikation ${id} gehört nicht zu diesem Präparat. Wählen Sie eine der vorhandenen.`,
  csvNeedsScale: () =>
    'Ein CSV-Export gibt Flächen in µm² an, aber die µm je Pixel dieses Präparats sind unbekannt. Öffnen Sie das Präparat noch einmal mit seinen µm/px.',
  thumbnailSize: ({ most, side }) =>
    `Ein Vorschaubild muss je Seite 1 bis ${count(most)} Pixel haben; angegeben wurde ${side}.`,
  thumbnailPlace: ({ place }) => `Ein Ort muss x_y in Pixeln der Ebene 0 sein; angegeben wurde ${quoted([place])}.`,
  thumbnailCount: ({ most, places }) =>
    `Bilder werden von 1 bis ${count(most)} Orten auf einmal gemacht; angegeben wurden ${count(places)}.`,
  portTaken: ({ port }) =>
    `Der Port ${port} ist belegt oder nicht erlaubt. Wählen Sie mit --port einen anderen oder lassen Sie die Angabe weg.`,
  deviceName: ({ provider }) => deviceNames[provider] ?? provider,
  providerSet: ({ provider }) => `Festgelegt durch KARYON_PROVIDER=${provider}.`,
  providerFaster: ({ device, times }, say) =>
    `Nach dem Selbsttest ist ${say(device)} ${decimal(times, 1)}-mal so schnell wie der Prozessor und rechnet dasselbe.`,
  processorUsed: ({ reasons }, say) =>
    reasons.length > 0
      ? `Der Prozessor rechnet; ${reasons.map(say).join('; ')}.`
      : 'Der Prozessor rechnet; dieses onnxruntime bringt nichts anderes mit.',
  providerUnusable: ({ device, why }, say) => `${say(device)} ist nicht benutzbar: ${say(why)}`,
  providerDiffers: ({ device, off }, say) =>
    `${say(device)} lieferte andere Zahlen als der Prozessor (Abweichung ${off.toExponential(1)})`,
  providerSlow: ({ device, times }, say) =>
    `${say(device)} läuft, ist aber nicht schneller (${decimal(times, 2)}-mal so schnell wie der Prozessor)`,
  providerFailed: ({ device, why }, say) => `${say(device)} versagte: ${why}`,
  providerError: ({ text }) => text,
  noGraphicsDevice: () => 'dieser Rechner hat keine Grafikkarte',
  selfTestLate: ({ seconds: limit }) => `ihr Selbsttest dauerte länger als ${count(limit)} s`,
  selfTestEnded: ({ signal, code }) => `ihr Treiber brach den Selbsttest ab (${signal ?? `Code ${code}`})`,
}

const deviceNames: Readonly<Record<string, string>> = {
  cpu: 'der Prozessor',
  webgpu: 'die GPU (WebGPU)',
  cuda: 'die GPU (CUDA)',
  dml: 'die GPU (DirectML)',
  coreml: 'die GPU oder Neural Engine (Core ML)',
}
