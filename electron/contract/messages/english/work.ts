import type { AnyMessage, Room, Say } from '../sentence.ts'
import { count, decimal, nuclei, percent, seconds } from './words.ts'
import { leftOutList, type LeftOutCount } from './annotations.ts'

/**
 * Whether a new encoder helps: per cent of the labels held out that a classifier on the encoder in use and on the new one
 * gets right, and the range of the difference in points; or why this is not known.
 */
export type EncoderVerdict =
  | {
      readonly labels: number
      readonly before: number
      readonly after: number
      readonly gain: { readonly low: number; readonly high: number } | null
      readonly kept: boolean
    }
  | { readonly why: AnyMessage }

/** What a host does and what the page asks of it: titles, stages and results of jobs, models, lists and pictures. */
export const work = {
  detecting: () => 'Finding nuclei',
  importing: ({ file }: { file: string }) => `Importing ${file}`,
  classifying: ({ model }: { model: string }) => `Classifying with ${model}`,
  mapping: () => 'Mapping nuclei',
  training: ({ model }: { model: string }) => `Training from ${model}`,
  comparingLabels: () => 'Comparing labels',
  comparingEncoders: () => 'Comparing with the model in use',
  labelsCompared: (p: { labels: number; of: number; seconds: number }) =>
    `${count(p.labels)}${p.labels < p.of ? ` of ${count(p.of)}` : ''} labels compared in ${seconds(p.seconds)}.`,
  forecasting: () => 'Forecasting what more labels bring',
  forecasted: (p: { labels: number; seconds: number }) =>
    `Forecast from ${count(p.labels)} labels in ${seconds(p.seconds)}.`,
  pretraining: () => 'Pre-training',
  stage: ({ stage }: { stage: 'reading' | 'encoding' | 'training' | 'scoring' | 'saving' }) =>
    `${stage[0].toUpperCase()}${stage.slice(1)}`,

  nucleiFound: (p: { nuclei: number; seconds: number; carried: number }) =>
    `${nuclei(p.nuclei)} found in ${seconds(p.seconds)}.` +
    (p.carried > 0
      ? ` ${p.carried === 1 ? '1 label was' : `${count(p.carried)} labels were`} carried over to the new outlines.`
      : ''),
  noneFurther: () => 'No further nuclei found.',
  noneFound: () => 'No nuclei found. Check the µm/px of the slide and that it is an H&E stain.',
  notFoundAgain: (p: { nuclei: number }) =>
    `${p.nuclei === 1 ? '1 labelled nucleus was' : `${count(p.nuclei)} labelled nuclei were`} not found again. ` +
    `${p.nuclei === 1 ? 'It keeps its old outline' : 'They keep their old outlines'}.`,
  classified: (p: { nuclei: number; model: string; seconds: number; provider: string; fromCache: boolean }) =>
    `${nuclei(p.nuclei)} classified by ${p.model} in ${seconds(p.seconds)} on ${p.provider}` +
    `${p.fromCache ? ', without reading the slide again' : ''}.`,
  mapped: (p: { nuclei: number; seconds: number }) => `${nuclei(p.nuclei)} mapped in ${seconds(p.seconds)}.`,
  /** `labels` is null if no labels were requested. */
  imported: (
    p: {
      nuclei: number
      labels: number | null
      dots: number
      left: readonly LeftOutCount[]
      notes: readonly AnyMessage[]
    },
    say: Say,
  ) =>
    [
      `${nuclei(p.nuclei)} imported${p.labels === null ? '' : `, ${count(p.labels)} with a label`}.`,
      ...(p.dots > 0 ? [`${count(p.dots)} dots gave their class to the nucleus at their place.`] : []),
      ...(p.left.length > 0 ? [`Left out or changed: ${leftOutList(p.left)}.`] : []),
      ...p.notes.map(say),
    ].join(' '),
  /** `held`: the labels held out and the share of them that the model agrees with, null for too few; null: none. */
  trained: (p: {
    model: string
    labels: number
    seconds: number
    parent: string
    held: { labels: number; accuracy: { mean: number; low: number; high: number } | null } | null
  }) =>
    `${p.model} learned from ${count(p.labels)} labels in ${seconds(p.seconds)}. ` +
    (p.held?.accuracy
      ? `It agrees with ${percent(100 * p.held.accuracy.mean)} (95%: ${percent(100 * p.held.accuracy.low)} to ${percent(100 * p.held.accuracy.high)}) of ${count(p.held.labels)} labels held out. `
      : '') +
    `${p.parent} stays and can be used again.`,
  /**
   * Scores in per cent of the masked tokens of held-out tissue; null if nothing was held out.
   */
  pretrained: (
    p: {
      model: string
      from: number
      to: number
      crops: number
      seconds: number
      score: { predicted: number; frequent: number; copied: number } | null
      verdict: EncoderVerdict
    },
    say: Say,
  ) =>
    `${p.model}: loss ${decimal(p.from, 2)} → ${decimal(p.to, 2)} over ${count(p.crops)} crops, ${count(p.seconds)} s. ` +
    (p.score === null
      ? ''
      : `In tissue it never saw it predicts ${percent(p.score.predicted)} of what is masked ` +
        `(the commonest look: ${percent(p.score.frequent)}, the nearest one: ${percent(p.score.copied)}). `) +
    ('why' in p.verdict
      ? `Whether it helps is not known: ${say(p.verdict.why)} `
      : `Of ${count(p.verdict.labels)} labels held out, a classifier on it gets ${percent(p.verdict.after)} right, on the model in use ${percent(p.verdict.before)}` +
        (p.verdict.gain
          ? ` (difference ${decimal(p.verdict.gain.low, 1)} to ${decimal(p.verdict.gain.high, 1)} points, 95%${p.verdict.gain.low > 0 ? '' : ': this may be chance'}). `
          : '. ')) +
    ('kept' in p.verdict && !p.verdict.kept
      ? 'It does not help, so it was not kept, and the model in use stays.'
      : 'It knows no classes yet: choose it, then train the whole network on labels.'),
  modelWithoutClasses: ({ model }: { model: string }) =>
    `${model} knows no classes yet, so slides stay as they are. Label nuclei and train it on them.`,
  engineKeepsEnding: ({ times, seconds }: { times: number; seconds: number }) =>
    `The engine ended ${count(times)} times in a row, so it is not started again for ${count(seconds)} s. Labels are safe. Close other programs that need much memory, then try again; if it keeps ending, start Karyon again.`,
  engineEnded: ({ why }: { why: AnyMessage }, say: Say) =>
    `The engine process ended while working (${say(why)}). Labels are safe. Start again.`,
  engineOfOtherVersion: () =>
    'The engine is of another version than the rest of Karyon, which was probably updated while it was open. Labels are safe. Close Karyon and start it again.',
  engineStoppedWithCode: ({ code }: { code: number | null }) => `it stopped with code ${code}`,
  engineEndedBySignal: ({ signal }: { signal: string }) => `it was ended by ${signal}`,
  engineNotStarted: ({ reason }: { reason: string }) => `it could not be started: ${reason}`,

  batchEmpty: (p: { folder: string; folders: number }) =>
    `${p.folder} holds no slide that Karyon can open.` +
    (p.folders > 0
      ? ` The ${p.folders === 1 ? 'folder' : `${count(p.folders)} folders`} in it ${p.folders === 1 ? 'was' : 'were'} not searched: choose one of them.`
      : ''),
  batchFolders: ({ folders }: { folders: number }) =>
    `${folders === 1 ? '1 folder' : `${count(folders)} folders`} in the folder ${folders === 1 ? 'was' : 'were'} not searched for slides.`,
  noNuclei: () => 'This slide has no nuclei yet. Find or import nuclei first.',
  noLabels: () =>
    'There is nothing to learn from yet. Label some nuclei first: select one and press the key of its class.',
  nothingToMask: () =>
    'Pre-training learns from nuclei without labels, and no slide of this project has any. Find or import nuclei first.',
  allOutside: () =>
    'All nuclei of this slide lie where the tissue was taken out. Add it back, or find nuclei in what is left.',
  labelsNeedTokens: ({ model }: { model: string }) =>
    `Labels are compared by what ${model} sees of their nuclei, because it has not learned from them; but it has not classified the labelled slides yet. Use that model and classify them once.`,
  tooFewLabels: (p: { labels: number; classes: number; fewest: number }) =>
    `There are ${count(p.labels)} labels of ${count(p.classes)} ${p.classes === 1 ? 'class' : 'classes'} to compare. It takes at least ${count(p.fewest)} of two classes; label more first.`,
  noTokens: () =>
    'Nuclei are compared by what the model in use sees of them, and it has not seen these outlines yet. Classify the slide first.',
  whyNeedsLabels: () =>
    'No nucleus has a label yet. Label a few, of each class some: then those most like this one are shown here.',
  noneLikeThat: () => 'No nucleus of this slide is like that, so there is nothing to label. Choose others.',
  noneToAccept: () => 'No nucleus of this slide is like that, so nothing was accepted. Choose others.',
  noneToAgree: () =>
    'The model has not classified these nuclei, so there is nothing to agree with. Classify them first.',
  noJob: ({ id }: { id: number }) => `There is no job ${id}. It may have ended long ago.`,
  noModel: ({ id, known }: { id: string; known: readonly string[] }) =>
    `There is no model "${id}". Known models: ${known.join(', ')}.`,
  noModelInstalled: () =>
    'No model is installed: resources/models is empty. Install Karyon again, or train a model with "karyon finetune".',
  auditTooSmall: (p: { nuclei: number; fewest: number }) =>
    `Only ${nuclei(p.nuclei)} of this slide ${p.nuclei === 1 ? 'counts' : 'count'}. An audit needs at least ${count(p.fewest)}; look at each of them instead.`,
  auditOpen: (p: { left: number }) =>
    `An audit of this slide is not finished: ${nuclei(p.left)} left. Finish it first, so that no sample is drawn twice.`,
  countNotSure: () => 'Not sure (a person)',
  countBadOutline: () => 'Bad outline',
  countRangeIs: () =>
    'Least: labelled by a person or called so by the model with certainty. Most: these, those called so without certainty, and those of which it is unsure with this class as second choice. Confident mistakes of the model are not covered.',
  countAuditIs: ({ nuclei: n }: { nuclei: number }) =>
    `Corrected by a random audit of ${nuclei(n)}, with the range that holds the true fraction with a probability of 95 %.`,
  noAudit: () => 'No audit of this slide is under way. Begin one in the reports.',
  noReviewList: ({ id }: { id: number }) => `There is no list ${id} any more. Make it again.`,
  noRegion: ({ id }: { id: number }) => `There is no region ${id} on this slide. Select another.`,
  noMap: () => 'There is no map of this slide yet. Make one first.',
  noTissue: () => 'The tissue of this slide is not known yet. Show it first.',
  noPairOfReaders: ({ first, second }: { first: string; second: string }) =>
    `There are no labels of both ${first} and ${second}. Choose two readers.`,
  runOfOtherSlide: ({ id }: { id: number }) =>
    `The classification ${id} is not of this slide. Choose one of its classifications.`,
  csvNeedsScale: () =>
    'A CSV export gives areas in µm², but the µm per pixel of this slide is unknown. Open the slide again with its µm/px.',
  thumbnailSize: ({ most, side }: { most: number; side: string }) =>
    `A thumbnail must have 1 to ${count(most)} pixels a side; got ${side}.`,
  thumbnailPlace: ({ place }: { place: string }) => `A place must be x_y in level-0 pixels; got "${place}".`,
  thumbnailCount: ({ most, places }: { most: number; places: number }) =>
    `Pictures are made of 1 to ${count(most)} places at a time; got ${count(places)}.`,
  portTaken: ({ port }: { port: number }) =>
    `Port ${port} is taken or not allowed. Choose another with --port, or leave it out for a free one.`,
  // Which device computes, and why not a faster one.
  deviceName: ({ provider }: { provider: string }) => deviceNames[provider] ?? provider,
  providerSet: ({ provider }: { provider: string }) => `Set by KARYON_PROVIDER=${provider}.`,
  providerFaster: ({ device, times }: { device: AnyMessage; times: number }, say: Say) =>
    `By its self-test, ${say(device)} is ${decimal(times, 1)} × as fast as the processor and agrees with it.`,
  processorUsed: ({ reasons }: { reasons: readonly AnyMessage[] }, say: Say) =>
    reasons.length > 0
      ? `The processor is used; ${reasons.map(say).join('; ')}.`
      : 'The processor is used; this onnxruntime brings no other provider.',
  providerUnusable: ({ device, why }: { device: AnyMessage; why: AnyMessage }, say: Say) =>
    `${say(device)} cannot be used: ${say(why)}`,
  providerDiffers: ({ device, off }: { device: AnyMessage; off: number }, say: Say) =>
    `${say(device)} gave other numbers than the processor (off by ${off.toExponential(1)})`,
  providerSlow: ({ device, times }: { device: AnyMessage; times: number }, say: Say) =>
    `${say(device)} works but is no faster (${decimal(times, 2)} × the processor)`,
  providerFailed: ({ device, why }: { device: AnyMessage; why: string }, say: Say) => `${say(device)} failed: ${why}`,
  providerError: ({ text }: { text: string }) => text,
  noGraphicsDevice: () => 'this machine has no graphics device',
  selfTestLate: ({ seconds: limit }: { seconds: number }) => `its self-test took longer than ${count(limit)} s`,
  selfTestEnded: ({ signal, code }: { signal: string | null; code: number | null }) =>
    `its driver ended the self-test (${signal ?? `code ${code}`})`,
} satisfies Room

/** Names of onnxruntime's providers, within a sentence. */
const deviceNames: Readonly<Record<string, string>> = {
  cpu: 'the processor',
  webgpu: 'the GPU (WebGPU)',
  cuda: 'the GPU (CUDA)',
  dml: 'the GPU (DirectML)',
  coreml: 'the GPU or neural engine (Core ML)',
}
