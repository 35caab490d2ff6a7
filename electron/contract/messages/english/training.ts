import type { AnyMessage, Room, Say } from '../sentence.ts'
import { count, decimal, nuclei, plain, quoted } from './words.ts'

/** What the engine says: detection, encoding, training, pre-training, tokenizers. */
export const training = {
  /** What training does if memory is short. `whole`: MB needed to train all at once; `available`: MB available. */
  slowTraining: (p: { checkpointed: boolean; inFile: boolean; whole: number; available: number }) => {
    const how = [
      ...(p.checkpointed ? ['works block by block'] : []),
      ...(p.inFile ? ['keeps the optimiser’s numbers in a file'] : []),
    ].join(' and ')
    return `Training ${how}, which is slower, because all at once it needs about ${count(p.whole)} MB and ${count(p.available)} MB are available.`
  },
  int8OnCpuOnly: ({ provider }: { provider: string }) =>
    `8-bit encoding works on the processor only; ${provider} encoded in full precision.`,
  int8Disagrees: (p: { least: number; found: number }) =>
    `8-bit tokens of this model must agree with full precision to cosine ${plain(p.least)}, but on the first crop one ` +
    `agreed to ${decimal(p.found, 4)} only. Full precision was used.`,
  mppTooCoarse: ({ most, mpp }: { most: number; mpp: number }) =>
    `Nuclei can be found where a pixel is at most ${plain(most)} µm wide; here it is said to be ${plain(mpp)} µm. Check the µm per pixel.`,
  regionNeedsSize: (p: { width: number; height: number }) =>
    `A region needs a width and a height above 0; got ${p.width} × ${p.height}.`,
  regionOffSlide: (p: { region: readonly number[]; slide: readonly number[] }) =>
    `The region ${p.region.join(',')} lies outside the slide, which is ${p.slide.join(' × ')} pixels.`,
  noNucleusAt: ({ nucleus, of }: { nucleus: number; of: number }) =>
    `There is no nucleus ${nucleus} among the ${nuclei(of)} of this slide.`,
  modelNeedsClasses: ({ model }: { model: string }) =>
    `The model ${model} has no classes yet: fine-tune it on labelled nuclei first.`,
  noNucleiFor: ({ what }: { what: AnyMessage }, say: Say) =>
    `${say(what)} needs nuclei, and there are none. Find or import nuclei first.`,
  whatMap: () => 'A map',
  whatProbe: () => 'A probe',
  needsLabels: () => 'Training needs labelled nuclei, and there are none. Label some nuclei first.',
  tryNeedsTokens: () => 'This slide must be classified by the model in use before it can learn from labels.',
  liveWaits: () => 'A newly trained model waits: decide first what it may change on this slide (Training).',
  liveOnlyWhole: () =>
    'Classes learned while labelling change with the next label, so they can be accepted only as a whole. Train the model to keep a part.',
  liveNeedsRun: () => 'Classify this slide first. Karyon then learns from your labels while you work.',
  liveNeedsClasses: ({ classes }: { classes: number }) =>
    classes === 0
      ? 'Label nuclei of at least two classes. Karyon then learns from them.'
      : 'Label nuclei of a second class. Karyon then learns from them.',
  probeNeedsLabels: () => 'A probe needs labelled nuclei to learn from, and there are none.',
  needsImage: () => 'There must be at least one image, and there is none.',
  tilesLeaveNone: () => 'There must be at least one image, and --tiles leaves none. Choose other tiles.',
  diverged: (p: { step: number; gradient: string | null; loss: string }) =>
    `Training must keep finite numbers, but at step ${count(p.step)} ` +
    (p.gradient === null ? `the loss became ${p.loss}` : `the gradient of "${p.gradient}" has NaN or infinity`) +
    '. The model in use is unchanged. Try a lower learning rate, or check the labelled slides for damaged regions.',
  checkpointOther: ({ path }: { path: string }) =>
    `The checkpoint ${path} must be of the same data, classes, model, method and seed as now, or not be there. It is of ` +
    'another training or no checkpoint, and would be replaced. Give what that one was given, or another --checkpoint.',
  checkpointCut: ({ path }: { path: string }) =>
    `${path} must be a whole checkpoint, but it is cut short or not one. Delete it to train from the start.`,
  loraNeedsParent: () => 'Low-rank updates (LoRA) adapt a trained parent model: name one, or train the whole network.',
  loraRank: (p: { width: number; rank: number; good: number }) =>
    `The rank of low-rank updates must be a whole number from 1 to the network's width, ${p.width}; got ${p.rank}. ` +
    `${p.good} is a good one.`,
  headNeedsParent: () => 'Training the head alone needs a trained parent model: name one, or train the whole network.',
  tokenizerNeedsStem: ({ path }: { path: string }) =>
    `${path} has no stem, from which tokens could be made. Give a model with a stem.`,
  tokenizerNeedsNuclei: () => 'Tokens of nuclei are made from pictures whose nuclei are given; none of these has any.',
  tooFewToCluster: ({ what, rows, vocabulary }: { what: 'patch' | 'nucleus'; rows: number; vocabulary: number }) =>
    `${vocabulary} codes need at least ${2 * vocabulary} ${what === 'patch' ? 'patches' : 'nuclei'}; the data gave ${rows}. Give more pictures, or a smaller --vocabulary.`,
  pretrainNoStem: () =>
    'Masked image modelling keeps a network’s stem as it is, so the stem must be trained. Give a model with a stem instead of a preset.',
  surroundingsNeedStem: ({ id }: { id: string }) =>
    `The loss “surroundings” takes its features from a tokenizer that was made from a stem; ${id} was not. Give another --tokenizer, or leave the loss out.`,
  viewsNeedStem: () =>
    'The loss “views” compares two views of a crop as a stem sees them. Give a model with a stem, or leave the loss out.',
  resumePretraining: (p: { path: string; id: string; vocabulary: number }) =>
    `To go on, ${p.path} must be of the same slides, network, losses, seed and visual tokens as now (${p.id}, ${count(p.vocabulary)} of them); ` +
    'it is missing or of another pre-training. Give what that one was given, or start without --resume.',
  resumeTokenizer: ({ path }: { path: string }) =>
    `To go on, ${path} must be the checkpoint of a training with the same data, vocabulary and seed; it is missing or of another. Start without --resume.`,
  checkpointLeft: ({ path }: { path: string }) =>
    `An interrupted run left ${path}. Add --resume to go on from it, or delete it to start anew.`,
  noCheckpoint: ({ path }: { path: string }) => `There is no checkpoint ${path} to go on from. Start without --resume.`,
  noTissueOn: ({ path }: { path: string }) =>
    `No tissue was found on ${path}. Give pictures or slides of H&E-stained tissue.`,
  vocabularySize: (p: { most: number; given: number }) =>
    `A vocabulary must have at least 2 and at most ${count(p.most)} codes; got ${p.given}. Try 512.`,
  perplexityRange: (p: { vocabulary: number; given: number }) =>
    `The perplexity aimed at must be at least 2 and at most the vocabulary, ${count(p.vocabulary)}; got ${p.given}. Try 64.`,
  detectorBegins: () => 'Training must begin with --stem (a model with a stem) or --start (a detector).',
  detectorMppRange: ({ least, most, given }: { least: number; most: number; given: number }) =>
    `A detector can see ${least} to ${most} µm per pixel; ${given} was asked for. 0.4 is usual.`,
  needsSource: () => 'Training needs at least one source of pictures, and the recipe names none.',
  recipeWrong: ({ file, issue }: { file: string; issue: AnyMessage }, say: Say) =>
    `${file} must be a recipe, which lists sources of pictures: ${say(issue)}.`,
  recipeUnmapped: (p: { file: string; data: string; unmapped: readonly string[]; classes: readonly string[] }) =>
    `Each class of ${p.data} must be a class of ${p.file} (${p.classes.join(', ')}) or say under "classes" of the source which one it is, ` +
    `"-" for none; ${quoted(p.unmapped)} does not.`,
  recipeUnknown: (p: { file: string; data: string; unknown: readonly string[]; classes: readonly string[] }) =>
    `"classes" of ${p.data} in ${p.file} must name classes of the recipe (${p.classes.join(', ')}) or "-"; ${quoted(p.unknown)} is neither.`,
  recipeUntaught: (p: { file: string; classes: readonly string[] }) =>
    `Each class of ${p.file} must have a labelled nucleus in one of its sources; ${quoted(p.classes)} has none. Take it out of the recipe, or add a source.`,
  recipeAbsent: (p: { data: string; absent: readonly string[] }) =>
    `${p.data}: the recipe names ${quoted(p.absent)}, of which these pictures have no nucleus.`,
  sourceNoLabels: ({ data }: { data: string }) =>
    `Each source must have a labelled nucleus, and ${data} has none. Take it out of the recipe, or choose other tiles.`,
  sourceTrained: (p: {
    data: string
    images: number
    labelled: number
    share: number | null
    missing: readonly string[]
  }) =>
    `${p.data}: ${count(p.labelled)} labelled nuclei on ${count(p.images)} pictures` +
    (p.share === null ? '' : `, ${Math.round(100 * p.share)} % of the crops`) +
    (p.missing.length
      ? `; it does not tell ${p.missing.join(', ')} apart, so its nuclei teach nothing about that`
      : '') +
    '.',
  resumeDetector: ({ path }: { path: string }) =>
    `To go on, ${path} must be the checkpoint of a training with the same sources, beginning and seed; it is missing or of another. Start without --resume.`,
  sourceNoScale: ({ path }: { path: string }) =>
    `The µm per pixel of ${path} must be known, and nothing says it. Give "mpp" in the recipe, or "medianDiameter" where the magnification is not known.`,
  sourceBoxes: ({ path }: { path: string }) => `The nuclei of ${path} must be outlined or dots; they are boxes.`,
  sourceSmall: ({ path, least }: { path: string; least: number }) =>
    `Pictures must be at least ${plain(least)} µm wide and high to be learned from; none of ${path} is.`,
  needsStep: () => 'Training must take at least one step; got 0.',
} satisfies Room
