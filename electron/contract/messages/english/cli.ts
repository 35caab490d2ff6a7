import type { Room } from '../sentence.ts'
import { count, decimal, plain, quoted, size, some } from './words.ts'

/** What only `karyon …` in a terminal says. */
export const cli = {
  baselineNeedsLabels: () => 'The baseline needs labelled nuclei to train on and to be scored on. Check --tiles.',
  mapForm: ({ option, given }: { option: string; given: string | null }) =>
    `${option} must be name=name pairs ("1=neoplastic,2=inflammatory"), JSON, or a JSON file such as type_info.json; ` +
    (given === null ? 'its JSON must be an object of names.' : `got "${given}".`),
  mapUnknown: ({ known, unknown }: { known: readonly string[]; unknown: readonly string[] }) =>
    `--data-map must name classes of the data (${known.join(', ')}); ${quoted(unknown)} is not among them.`,
  classesOfData: (p: { where: string; known: readonly string[]; unknown: readonly string[] }) =>
    `The classes of ${p.where} must be those of the data (${p.known.join(', ')}); ${quoted(p.unknown)} is not. ` +
    `Say what it means with --map "${p.unknown[0]}=${p.known[0]}", or "${p.unknown[0]}=" for none of them.`,
  classesOfModel: (p: { data: string; known: readonly string[]; unknown: readonly string[] }) =>
    `The model's classes (${p.known.join(', ')}) must include those of the data; ${quoted(p.unknown)} of ${p.data} is not among them. ` +
    `Say what it means with --data-map "${p.unknown[0]}=${p.known[0] ?? ''}", or "${p.unknown[0]}=-" to leave it out.`,
  dataNoScale: ({ path, format }: { path: string; format: string }) =>
    `The µm per pixel of ${path} must be known, and the data set (${format}) does not say. Give it with ` +
    '--mpp (0.25 at 40×, 0.5 at 20×), as "mpp" of the source in a recipe, or in coco.json as "mpp" of the image.',
  dataNoClasses: ({ path, format }: { path: string; format: string }) =>
    `The nuclei of ${path} must have classes, but this data set (${format}) gives none. It serves for pre-training only.`,
  dataDots: ({ path }: { path: string }) =>
    `The nuclei of ${path} must have boxes or outlines, but this data set gives dots. Dots serve to train and score what finds nuclei, and for \`finetune\` and \`evaluate\`, which find nuclei for them first.`,
  dotsMatched: (p: { path: string; dots: number; matched: number; radius: number; detector: string; others: number }) =>
    `${p.path}: ${count(p.matched)} of ${count(p.dots)} dots lie within ${plain(p.radius)} µm of a nucleus found by ` +
    `${p.detector} and take its box; ${count(p.dots - p.matched)} are left out. ` +
    `${count(p.others)} nuclei found without a dot are context without a label.`,
  dotsNone: (p: { path: string; dots: number; radius: number; detector: string }) =>
    `At least one dot must lie near a nucleus that is found, but none of the ${count(p.dots)} dots of ${p.path} lies within ` +
    `${plain(p.radius)} µm of one found by ${p.detector}. Check its µm per pixel, or choose another --detector.`,
  needsDataOrRecipe: () => 'Training needs data: give --data, or --recipe together with --root.',
  recipeNoRoot: ({ recipe }: { recipe: string }) =>
    `The paths in ${recipe} start from a folder, and none is given. Name it with --root.`,
  otherScales: (p: { given: number; others: number; least: number; most: number }) =>
    `--mpp ${plain(p.given)} is for pictures that do not give their µm per pixel; ${count(p.others)} give ` +
    `${p.least === p.most ? plain(p.least) : `${plain(p.least)} to ${plain(p.most)}`}, which is used.`,
  slideNoScale: ({ path }: { path: string }) =>
    `The µm per pixel of ${path} must be known, and the file does not say. Give it with --mpp (0.25 at 40×, 0.5 at 20×).`,
  predictionsTwice: (p: { image: string; files: readonly string[] }) =>
    `Each image must have one file of predictions; ${p.image} has ${p.files.join(' and ')}.`,
  importNoSlide: ({ file }: { file: string }) =>
    `No slide belongs to ${file}: none of its name is in the project or beside the file. Name it with --slide.`,
  exportNoSlides: ({ project }: { project: string }) =>
    `${project} has no slides, so there is nothing to export. Import nuclei first.`,
  exportWhichSlide: ({ slide, slides }: { slide: string; slides: readonly string[] }) =>
    `The project has not exactly one slide ${slide}. Its slides: ${slides.join(', ')}.`,
  regionKind: ({ output }: { output: string }) =>
    `A region is written as PNG or JPEG; got ${output}. End the name with .png or .jpg.`,
  regionNoScale: ({ slide }: { slide: string }) =>
    `The µm/px of ${slide} are not known, so the picture cannot have those of --mpp. Give them with --slide-mpp.`,
  regionPictureTooLarge: ({ size: s }: { size: readonly [number, number] }) =>
    `A picture of ${size(s)} px is larger than a region may be (120 million pixels). Choose a smaller region or a larger --mpp.`,
  classesLeftOut: ({ classes }: { classes: readonly string[] }) =>
    `No nucleus of the chosen images has the class ${quoted(classes)}, so the model does not get it.`,
  classesRare: ({ rare }: { rare: readonly { readonly name: string; readonly count: number }[] }) =>
    `Too few examples to learn from: ${rare.map(({ name, count: n }) => `${name} (${count(n)})`).join(', ')}.`,
  noneLabelled: ({ sets }: { sets: readonly string[] }) =>
    `No nucleus of the chosen images of ${sets.join(', ')} has a class, so there is nothing to learn. Check --tiles and --data-map.`,
  predictionsNoClass: (p: { file: string; nuclei: number; looked: readonly string[]; seen: readonly string[] }) =>
    `None of the ${count(p.nuclei)} nuclei of ${p.file} has a class, so all would count as wrong. Looked for: ` +
    `classification, ${p.looked.join(', ')}` +
    (p.seen.length > 0 ? `; its nuclei have: ${p.seen.join(', ')}` : '') +
    '. Write the class into one of these, or score a model on these nuclei (--nuclei predictions).',
  predictionsSomeNoClass: (p: { file: string; without: number; nuclei: number }) =>
    `${p.file}: ${count(p.without)} of ${count(p.nuclei)} nuclei have no class and count as wrong.`,
  predictionsMissing: (p: { path: string; images: number; without: readonly string[] }) =>
    `Each image must have a file of its name in ${p.path}; ${count(p.without.length)} of ${count(p.images)} have none: ` +
    `${some(p.without)}. Score fewer images with --tiles.`,
  predictionsNoFile: ({ name, image }: { name: string; image: string }) =>
    `${name} has no file for ${image}. Score fewer images with --tiles.`,
  noNucleiOn: ({ slide }: { slide: string }) =>
    `There are no nuclei on ${slide}. Check the µm per pixel, or import nuclei from another tool with --nuclei.`,
  atOutside: (p: { slide: readonly number[]; at: readonly number[] }) =>
    `--at must lie on the slide, which is ${p.slide.join(' × ')} pixels; got ${p.at.join(',')}.`,
  atNoNucleus: (p: { reach: number; at: readonly number[]; nearest: number | null }) =>
    `No nucleus lies within ${plain(p.reach)} µm of ${p.at.join(',')}` +
    (p.nearest === null ? '; none was found around it.' : `; the nearest is ${decimal(p.nearest, 0)} µm away.`) +
    ' Choose another point, or give --nuclei.',
  noHead: (p: { heads: number; head: number }) =>
    `The model has ${p.heads} heads, 0 to ${p.heads - 1}; got --head ${p.head}.`,
  metricOfGiven: () =>
    'Metric A scores classes of the given nuclei, and predictions have nuclei of their own. Score them with --metric B or C.',
  imagesNoLabels: ({ data }: { data: string }) =>
    `The images to score have no labelled nucleus. Check --tiles and ${data}.`,
  needsPredictions: () => '--nuclei predictions needs --predictions with the shapes to classify.',
  nothingNear: (p: { name: string; radius: number }) =>
    `None of the nuclei of ${p.name} lies within ${plain(p.radius)} µm of a labelled true nucleus. ` +
    'Check that files and images belong together and are in the same pixels.',
  pictureNeedsOut: ({ name }: { name: string }) => `Say with --out where the picture "${name}" is to be written.`,
  outMustBeOnnx: ({ output }: { output: string }) => `The file to write must end in .onnx; got "${output}".`,
  calibrateImages: (p: { least: number; found: number }) =>
    `To calibrate takes at least ${count(p.least)} images with labelled nuclei, because each is scored with the calibration of the others; ` +
    `got ${count(p.found)}. Check --tiles.`,
  needsSeed: () => 'A probe needs at least one seed; got 0.',
  probeTiles: ({ tiles }: { tiles: string }) =>
    `A probe learns on the images that --tiles leaves, and "${tiles}" leaves none. Choose other tiles.`,
} satisfies Room
