import type { slides as english } from '../english/slides.ts'
import type { Translated } from '../sentence.ts'
import { count, decimal, percent, plain, quoted, rounded, size, some } from './words.ts'

export const slides: Translated<typeof english> = {
  slideUnknown: ({ file, formats }) =>
    `${file} ist kein Präparat, das Karyon liest: Die ersten Bytes gehören zu keinem dieser Formate: ${formats.join(', ')}. ` +
    'Wählen Sie eine andere Datei oder kopieren Sie diese noch einmal von der Quelle.',
  foreignSlide: ({ file, what, why }, say) =>
    `${file} ist ein Präparat einer Art, die mit OpenSlide gelesen wird (${say(what)}), aber ${say(why)}. Installieren Sie OpenSlide (openslide.org) ` +
    'oder nennen Sie seine Bibliothek in KARYON_OPENSLIDE oder als openSlide in settings.json, und öffnen Sie das Präparat noch einmal.',
  unreadFormat: ({ file, kind }) =>
    `${file} ist eine Datei einer Art, die Karyon nicht liest (${kind}). Speichern Sie sie mit dem Programm, das sie geschrieben hat, als TIFF oder PNG, ` +
    'oder wandeln Sie sie mit QuPath, Fiji oder Bio-Formats um, und öffnen Sie das Ergebnis.',
  annotationsNotSlide: ({ file, kind }) =>
    `${file} ist kein Präparat, sondern eine Textdatei (${kind}). Wenn sie Annotationen enthält, öffnen Sie zuerst das Präparat und importieren Sie dann die Datei.`,
  archiveNotSlide: ({ file, kind }) =>
    `${file} ist ein Archiv (${kind}). Entpacken Sie es und öffnen Sie das Präparat darin.`,
  slideClosed: ({ file }) => `Das Präparat ${file} wurde geschlossen, während es gelesen wurde.`,
  slideReplaced: ({ file }) => `${file} wurde ersetzt, während das Präparat offen war. Öffnen Sie es noch einmal.`,
  readingCancelled: () => 'Dieser Teil des Präparats wurde nicht mehr gebraucht.',
  folderOfSlides: ({ path, slides: n }) =>
    `Der Ordner ${path} enthält ${count(n)} DICOM-Präparate. Wählen Sie eine Datei von dem, das Sie öffnen möchten.`,
  imageTooLarge: (p) =>
    `${p.file} hat ${size(p.size)} px ohne Kacheln; mehr als ${count(p.most / 1e6)} Millionen werden nur aus gekachelten Dateien gelesen. ` +
    'Wandeln Sie die Datei in ein gekacheltes TIFF mit Pyramide um, zum Beispiel mit vips tiffsave --tile --pyramid.',
  mppImplausible: ({ least, most, mpp }) =>
    `µm/px muss zwischen ${plain(least)} und ${plain(most)} liegen (40× sind etwa 0,25), ist aber ${mpp}.`,
  noTile: (p) => `Auf der Ebene ${p.level} gibt es keine Kachel ${p.x}, ${p.y}: Sie hat ${size(p.tiles)} Kacheln.`,
  noLevel: (p) => `Es gibt keine Ebene ${p.level}: Das Präparat hat die Ebenen 0 bis ${p.last}.`,
  noAssociated: ({ name, known }) =>
    `Das Präparat hat kein Begleitbild ${quoted([name])}: Es hat ${known.join(', ') || 'keine'}.`,
  regionPixels: (p) =>
    `Ein Ausschnitt muss in ganzen Pixeln gelesen werden, höchstens ${count(p.most)}; angegeben wurden ${p.out.join(' × ')}.`,
  regionStretched: (p) =>
    `Ein Ausschnitt muss in beiden Richtungen etwa gleich verkleinert werden; angegeben wurde ${p.rect.join(' × ')} als ${p.out.join(' × ')} px.`,
  regionOutside: (p) =>
    `Ein Ausschnitt muss eine Größe haben und beim Präparat liegen (${size(p.slide)} px); angegeben wurden ${p.rect.join(' × ')} px bei ${p.at.join(', ')}.`,
  regionTooLarge: (p) =>
    `Ein Ausschnitt von ${size(p.size)} px ist zu groß, um ihn auf einmal zu lesen. Lesen Sie ihn in Teilen.`,
  openSlideMissing: ({ file, missing }, say) =>
    `${file} ist ein Präparat einer Art, die mit OpenSlide gelesen wird, aber ${say(missing)}. Installieren Sie OpenSlide (openslide.org) ` +
    'oder nennen Sie seine Bibliothek in KARYON_OPENSLIDE oder als openSlide in settings.json, und öffnen Sie das Präparat noch einmal.',
  koffiMissing: () => 'das Paket koffi, über das es aufgerufen wird, ist nicht installiert',
  libraryMissing: ({ place }) => `die Bibliothek OpenSlide wurde${place === null ? '' : ` in ${place}`} nicht gefunden`,
  openSlideCrashed: () =>
    'der Prozess von OpenSlide endete gleich nach dem Start; vielleicht passt diese Bibliothek nicht zu diesem System',
  openSlideNotStarted: ({ reason }) => `sein Prozess war nicht zu starten: ${reason}`,
  openSlideSilent: ({ seconds }) =>
    `Der Prozess von OpenSlide hat ${count(seconds)} s nach dem Start nicht geantwortet. Öffnen Sie das Präparat noch einmal, wenn der Rechner weniger zu tun hat.`,
  openSlideEnded: ({ file }) =>
    `Der Prozess von OpenSlide endete, während er ${file} las. Der nächste Ausschnitt, den Sie ansehen, startet ihn neu; sonst ist nichts betroffen. ` +
    'Geschieht das an derselben Stelle wieder, ist die Datei vielleicht beschädigt: Kopieren Sie sie noch einmal von der Quelle oder wandeln Sie sie in TIFF um.',
  declinedBytes: ({ format }) => `die ersten Bytes sind keine für ${format}`,
  declinedByOpenSlide: ({ version }) => `OpenSlide ${version} kennt es nicht`,
  declinedEmbedded: ({ vendor }) => `es ist ein Präparat der Art ${vendor}, das ohne OpenSlide gelesen wird`,
  declinedAperio: () => 'die Beschreibung beginnt nicht mit „Aperio“',
  declinedOme: () => 'es hat keine OME-XML-Beschreibung',
  declinedImageJ: () => 'die Beschreibung beginnt nicht mit „ImageJ=“',
  declinedClaimed: ({ vendor }) => `es ist ${vendor}, das einen eigenen Leser hat`,
  declinedVendor: ({ vendor }) => `es ist ${vendor}`,
  middlePlane: ({ planes }) => `Von den ${count(planes)} Fokusebenen des Präparats wird die mittlere gezeigt.`,
  focusedPlane: ({ planes }) =>
    `Von den ${count(planes)} Fokusebenen des Präparats wird die gezeigt, auf die der Scanner scharf gestellt hat.`,
  firstPlane: ({ planes }) =>
    `Von den ${count(planes)} Fokusebenen des Präparats wird die erste gezeigt: Die anderen sind in der Datei nicht zu finden.`,
  firstFrame: ({ frames }) => `Von den ${count(frames)} Bildern in dieser Datei wird das erste gezeigt.`,
  firstTime: ({ times }) => `Von den ${count(times)} nacheinander aufgenommenen Bildern wird das erste gezeigt.`,
  otherImages: ({ file, shown, others }) =>
    `Die Datei enthält mehrere Bilder. Nummer ${shown} wird gezeigt; die anderen sind ${some(others)}. ` +
    `Ein anderes öffnen Sie mit „Anderes Bild …“ unter dem Namen des Präparats oder auf der Kommandozeile als ${file}#image=${shown === 1 ? 2 : 1}.`,
  imageWhole: () => '--image muss die Nummer eines Bildes sein, ab 1.',
  imageNumber: (p) =>
    `${p.file} enthält ${p.images === 1 ? 'ein Bild' : `${count(p.images)} Bilder, gezählt ab 1`}; ein Bild ${p.image} gibt es nicht.`,
  levelsPadded: ({ levels }) =>
    `${levels === 1 ? 'Eine kleinere Kopie' : `${count(levels)} kleinere Kopien`} des Präparats in dieser Datei ${levels === 1 ? 'ist' : 'sind'} größer als das Präparat ` +
    'in dieser Verkleinerung (aufgefüllt). Was außerhalb des Präparats liegt, wird weggelassen.',
  levelsCut: ({ levels }) =>
    `${levels === 1 ? 'Eine kleinere Kopie' : `${count(levels)} kleinere Kopien`} des Präparats in dieser Datei ${levels === 1 ? 'endet' : 'enden'} vor dem Präparat, ` +
    'und Karyon macht stattdessen eigene.',
  narrowRange: (p) =>
    `Die 16-Bit-Pixel dieser Datei reichen nur bis ${count(p.largest)}: Sie werden über den Bereich von ${p.bits} Bit gezeigt.`,
  coloursConverted: ({ kind }) =>
    `Die Farben dieser Datei sind als ${kind} gespeichert und wurden in RGB umgerechnet; sie können etwas vom Original abweichen.`,
  turnedUpright: ({ orientation }) =>
    `Das Bild ist gedreht oder gespiegelt gespeichert (Orientierung ${orientation}) und wird aufrecht gezeigt.`,
  pixelsNotSquare: (p) =>
    `Die Pixel dieses Präparats sind nicht quadratisch (${rounded(p.x)} × ${rounded(p.y)} µm). Zellkerne werden gefunden und klassifiziert, als wären sie es, ` +
    `bei ${rounded(p.mean)} µm/px: Sie erscheinen gestreckt, und beides kann weniger zuverlässig sein.`,
  withScaleNote: ({ done, note }, say) => `${say(done)} ${say(note)}`,
  firstPath: ({ paths }) => `Von den ${count(paths)} optischen Pfaden des Präparats wird der erste gezeigt.`,

  fitReduced: ({ mpp }) =>
    `Bei ${decimal(mpp, 2)} µm/px sind Zellkerne wenige Pixel groß: Ist das eine verkleinerte Kopie des Präparats?`,
  fitNoScale: () => 'Das Präparat sagt nicht, wie groß seine Pixel sind: Geben Sie die µm je Pixel an.',
  fitEmpty: ({ tissue }) => `Nur ${percent(tissue)} des Präparats sind Gewebe: Vielleicht ist es leer oder ungefärbt.`,
  fitScattered: () => 'Das Gewebe ist zu klein oder zu verstreut, um es zu messen.',
  fitBlurred: (p) =>
    `${count(p.blurred)} % der Proben sind unscharf (Schärfe ${decimal(p.sharpness, 2)}): Der Scan kann unscharf sein ` +
    'oder aus einem kleineren vergrößert.',
  fitStain: ({ density }) => `Es ist kaum Hämatoxylin zu sehen (mittlere Dichte ${decimal(density, 2)}): Ist das H&E?`,
  fitPale: ({ density }) =>
    `Die Färbung ist blass (mittlere Dichte ${decimal(density, 2)}; die meisten Präparate haben 0,4 bis 0,9): Kerne könnten übersehen werden. Prüfen Sie zuerst einen kleinen Bereich.`,
  fitDark: ({ density }) =>
    `Das Präparat ist dunkel (mittlere Dichte ${decimal(density, 2)}; die meisten Präparate haben 0,4 bis 0,9): Es kann dick, überfärbt, unterbelichtet oder keine HE-Färbung sein.`,
  fitInk: ({ share }) =>
    `Etwa ${count(share)} % von dem, was wie Gewebe aussieht, hat die Farben eines Stifts: Schließen Sie Tinte aus, bevor nach Kernen gesucht wird.`,
  fitGlass: ({ rgb }) => `Das Glas ist farbig (RGB ${rgb.join(', ')}): Der Weißabgleich des Scanners stimmt nicht.`,
  fitMedian: (p) =>
    `Die Zellkerne dieses Präparats hätten eine mittlere Größe von ${decimal(p.diameter, 1)} µm. Üblich sind ${plain(p.least)} bis ` +
    `${plain(p.most)} µm; die µm/px (${p.source ?? 'unbekannt'}) sind vielleicht falsch.`,
  fitFar: ({ times }) =>
    `Die Färbung gleicht keiner, aus der das Modell gelernt hat: Sie liegt ${decimal(times, 1)}-mal so weit von der nächsten seiner Trainingskacheln wie die ungewöhnlichste von ihnen.`,
  adviseOriginal: () =>
    'Öffnen Sie den ursprünglichen Scan. In einer verkleinerten Kopie werden die meisten Zellkerne übersehen.',
  adviseRightSlide: () => 'Prüfen Sie, ob es das richtige Präparat ist.',
  adviseBlurred: () =>
    'Scannen Sie es möglichst noch einmal. Wenn Sie fortfahren, sehen Sie sich eine scharfe und eine unscharfe Stelle an, bevor Sie den Zahlen trauen.',
  adviseStain: () =>
    'Suchen und klassifizieren Sie zuerst einen kleinen Teil („Nur im Bild“). Stimmen die Klassen nicht, benennen Sie dort einige Zellkerne: Das Modell lernt die Färbung daraus.',
  adviseInk: () => 'Nehmen Sie die Tinte zuerst aus dem Gewebe heraus (Klassen, Gewebe, „Fläche herausnehmen“).',
  adviseScale: () =>
    'Öffnen Sie das Präparat noch einmal mit seinen wahren µm/px. Fahren Sie nur fort, wenn seine Zellkerne wirklich so groß sind.',
  stainTiles: (p) =>
    `Färbungen werden an mindestens ${count(p.least)} Kacheln mit Gewebe gemessen; gefunden wurden ${count(p.found)}. Nennen Sie mehr mit --data oder --tiles.`,
  fitNuclei: (p) =>
    `Zellkerne hätten ${decimal(p.diameter, 1)} µm Durchmesser, haben aber ${plain(p.least)} bis ${plain(p.most)}: Die µm/px ` +
    `(${p.source ?? 'unbekannt'}) können falsch sein.`,
}
