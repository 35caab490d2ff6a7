import type { AnyMessage, Room, Say } from '../sentence.ts'
import { count, quoted, shape } from './words.ts'

/** Models, tokenizers and other tools' checkpoints on the disk. */
export const weights = {
  folderTaken: ({ path }: { path: string }) => `The folder ${path} exists already. Choose another name.`,
  averageNeedsTwo: ({ given }: { given: number }) =>
    `A mean of weights needs at least 2 models; ${given === 1 ? '1 was' : `${given} were`} given. Name the folders of models fine-tuned from the same one.`,
  averageDiffers: ({ first, other }: { first: string; other: string }) =>
    `Models whose weights are averaged must have been fine-tuned from the same one, and have the same classes, µm per pixel, views and licence; ` +
    `${quoted([other])} and ${quoted([first])} have not. Name others.`,
  modelChoice: ({ known, given }: { known: readonly string[]; given: string }) =>
    `A model must be a folder with model.json or one of the built-in ids (${known.join(', ') || 'none installed'}); got "${given}".`,
  tokenizerChoice: ({ known, given }: { known: readonly string[]; given: string }) =>
    `A tokenizer must be a folder with tokenizer.json, DALL-E’s encoder.pkl or one of the built-in ids ` +
    `(${known.join(', ') || 'none installed'}); got "${given}".`,
  detectorForModel: ({ path }: { path: string }) =>
    `A model that classifies nuclei is needed, and ${path} is a detector, which only finds them. Choose a folder with model.json.`,
  modelForDetector: ({ path }: { path: string }) =>
    `A detector is needed, and ${path} is a model, which only classifies nuclei. Choose a folder with detector.json.`,
  detectorChoice: ({ known, given }: { known: readonly string[]; given: string }) =>
    `A detector must be a folder with detector.json or one of the built-in ids (${known.join(', ') || 'none installed'}); got "${given}".`,
  presetChoice: ({ known, given }: { known: readonly string[]; given: string }) =>
    `A preset must be one of ${known.join(', ')}; got "${given}".`,
  descriptionWrong: ({ file, issue }: { file: string; issue: AnyMessage }, say: Say) =>
    `${file} does not describe what Karyon reads: ${say(issue)}. Restore the folder from its source.`,
  calibrationWrong: (p: { file: string; classes: readonly string[]; given: number }) =>
    `The calibration in ${p.file} must have one bias for each of the ${p.classes.length} classes (${p.classes.join(', ')}); ` +
    `it has ${p.given}. Fit it again with karyon models calibrate.`,
  hashDiffers: (p: { path: string; found: string; named: string }) =>
    `The weights in ${p.path} are not those that its description names (SHA-256 ${p.found.slice(0, 12)}… instead of ` +
    `${p.named.slice(0, 12)}…). The folder was edited or damaged; restore it from its source.`,
  replayShape: ({ file, width }: { file: string; width: number }) =>
    `${file} must hold tokens ${shape(['n', width])} and labels ${shape(['n'])}. Restore the model folder from its source.`,
  weightsWrong: ({ path, flaw }: { path: string; flaw: AnyMessage }, say: Say) =>
    `The weights in ${path} ${say(flaw)}. Restore the folder from its source.`,
  flawHead: ({ classes, rows }: { classes: readonly string[]; rows: number }) =>
    `must have a head of ${classes.length} classes, as model.json lists (${classes.join(', ')}); theirs has ${rows}`,
  flawMissing: ({ name, expected }: { name: string; expected: readonly number[] }) =>
    `must hold "${name}" of shape ${shape(expected)}; it is missing`,
  flawShape: ({
    name,
    expected,
    found,
  }: {
    name: string
    expected: readonly (number | string)[]
    found: readonly number[]
  }) => `must hold "${name}" of shape ${shape(expected)}; its shape is ${shape(found)}`,
  flawStem: ({
    name,
    expected,
    stem,
    found,
  }: {
    name: string
    expected: readonly number[]
    stem: string
    found: readonly number[] | null
  }) =>
    `must hold "${name}" of shape ${shape(expected)} to be an ${stem}; ${found === null ? 'it is missing' : `its shape is ${shape(found)}`}`,
  flawVariance: ({ name }: { name: string }) => `must hold variances of at least 0 in "${name}"`,
  flawNotFinite: ({ name }: { name: string }) => `must be finite numbers; "${name}" has NaN or infinity`,
  configWrong: ({ where, problem }: { where: string; problem: AnyMessage }, say: Say) =>
    `The network in ${where} cannot be used: ${say(problem)}.`,
  configPositive: ({ key, value }: { key: string; value: number }) =>
    `${key} must be a positive whole number; got ${value}`,
  configDivisible: (p: { key: string; value: number; by: string; divisor: number }) =>
    `${p.key} ${p.value} must be divisible by ${p.by} ${p.divisor}`,
  configEighth: ({ width }: { width: number }) =>
    `width ${width} must be divisible by 8 (positions take a quarter each, in sine–cosine pairs)`,

  configStem: () => 'a network with a stem must have patchSize 16, and neither nucleiOnPatches nor nearness',

  importNotFitting: (p: { where: string; flaw: AnyMessage }, say: Say) =>
    `${p.where} ${say(p.flaw)}. Check that it is the right file.`,
  flawMissingLayers: (p: { layers: number; name: string; more: number }) =>
    `must hold every tensor of a ${p.layers}-layer ViT, but "${p.name}" is missing` +
    (p.more > 0 ? ` (and ${count(p.more)} more)` : ''),
  flawNoVit: () =>
    `must hold a Vision Transformer ("patch_embed.proj.weight" [D, 3, p, p] and "blocks.0…"); it does not`,
  flawWithout: ({ part, name }: { part: string; name: string }) => `must hold "${part}" to fit "${name}"; it does not`,
  classNamesRepeat: ({ names }: { names: readonly string[] }) =>
    `Class names must differ from one another; got ${names.join(', ')}.`,
  classCount: (p: { where: string; rows: number; names: readonly string[] }) =>
    `The classes must be as many as the head in ${p.where} has, ${p.rows}; got ${p.names.length} (${p.names.join(', ')}). ` +
    'To start a new head, use --new-head.',
  checkpointNoScale: ({ file }: { file: string }) =>
    `The µm per pixel that ${file} was trained at must be known, and a checkpoint does not say it. Give it with --mpp.`,

  safetensorsDamaged: ({ name, why }: { name: string; why: AnyMessage }, say: Say) =>
    `${name} must be a sound safetensors file, but ${say(why)}. Copy it again from its source.`,
  onlyBytes: ({ bytes }: { bytes: number }) => `it has only ${bytes} bytes`,
  headerPastEnd: () => 'its header reaches past its end (cut short, or another format)',
  headerNotJson: () => 'its header is not JSON',
  tensorKind: ({ name, kind }: { name: string; kind: string }) => `tensor "${name}" is of an unknown kind (${kind})`,
  tensorFill: (p: { name: string; shape: readonly number[]; bytes: number }) =>
    `tensor "${p.name}" of shape ${shape(p.shape)} does not fill its ${p.bytes} bytes`,
  tensorPastEnd: ({ name }: { name: string }) => `tensor "${name}" reaches past its end (cut short)`,

  torchDamaged: ({ path, why }: { path: string; why: AnyMessage }, say: Say) =>
    `${path} must be a sound PyTorch checkpoint, but ${say(why)}. Copy it again from its source.`,
  torchNeither: ({ path }: { path: string }) =>
    `${path} must be a PyTorch checkpoint, but it is in neither of torch's two forms (zip archive, or pickle stream). Check that it is the right file.`,
  torchBigEndian: ({ path }: { path: string }) =>
    `${path} must hold little-endian numbers, but it was written on a big-endian machine. Load and save it again on a common one.`,
  torchCode: ({ path, name }: { path: string; name: string }) =>
    `${path} must hold weights alone, but it asks for the Python code "${name}". It was refused and nothing was run. ` +
    'If you trust its source, save the weights alone in Python: torch.save(model.state_dict(), path).',
  torchCompressed: ({ path, name }: { path: string; name: string }) =>
    `${path} must be an archive as torch.save writes it, uncompressed, but "${name}" in it is compressed. Load and save it again in Python.`,
  torchHolds: ({ path, what, found }: { path: string; what: AnyMessage; found: AnyMessage }, say: Say) =>
    `${path} must hold ${say(what)}, but it holds ${say(found)}. Save the weights alone in Python: torch.save(model.state_dict(), path).`,
  aStateDict: () => 'a state dict',
  aModule: () => 'a pickled module',
  anObject: ({ type }: { type: string }) => `an object of ${type}`,
  somethingElse: () => 'something else',
  aDictionary: ({ keys }: { keys: readonly string[] }) =>
    keys.length ? `a dictionary with ${quoted(keys)} and no weights in them` : 'an empty dictionary',
  cutShort: () => 'it is cut short',
  itEnded: () => 'it ended while it was read',
  sizeImpossible: () => 'it states a size that no file can have',
  nameTooLong: () => 'it has a name that is too long',
  isEmpty: () => 'it is empty',
  noEntry: ({ name }: { name: string }) => `its archive has no "${name}"`,
  headerNamesStorages: () => 'its header names storages',
  notByTorch: () => 'it is a pickle, but not one that torch wrote',
  unknownVersion: () => 'it is of an unknown version of the form',
  noStorageList: () => 'it has no list of its storages',
  storageUnused: ({ key }: { key: string }) => `it lists storage "${key}", which nothing uses`,
  storagePastEnd: ({ key }: { key: string }) => `storage "${key}" reaches past its end (cut short)`,
  storageWithout: ({ key }: { key: string }) => `it has no numbers for storage "${key}"`,
  storageUnknown: () => 'it names a storage in an unknown way',
  numbersUnread: ({ type }: { type: string }) => `it holds ${type}, a kind of numbers that is not read here`,
  archiveDirectory: () => 'the directory of its archive is damaged or cut short',
  archiveMisplaced: ({ name }: { name: string }) => `"${name}" is not where the directory of its archive says`,
  archiveNoEnd: () => 'it is a zip archive without its end (cut short)',
  tensorFit: (p: { name: string; shape: readonly number[]; numbers: number }) =>
    `tensor "${p.name}" of shape ${shape(p.shape)} does not fit its storage of ${p.numbers} numbers`,
  tensorRepeats: (p: { name: string; shape: readonly number[]; numbers: number }) =>
    `tensor "${p.name}" of shape ${shape(p.shape)} repeats the ${p.numbers} numbers of its storage. Save it as .contiguous()`,
  tensorShared: ({ name }: { name: string }) => `tensor "${name}" shares its storage with too many others`,
  pickleUnsound: ({ byte }: { byte: number }) => `its pickle does not make sense at byte ${byte}`,
  pickleProtocol: () => 'its pickle is of a protocol newer than 5',
  pickleOperation: ({ code }: { code: string }) => `its pickle uses operation ${code}, which torch does not write`,
  pickleArguments: ({ name }: { name: string }) => `its pickle makes ${name} from arguments that do not fit it`,

  tokenizerNot: ({ path, problem }: { path: string; problem: AnyMessage }, say: Say) =>
    `${path} is no visual tokenizer: ${say(problem)}. Give a tokenizer folder or DALL-E’s encoder.pkl.`,
  dvaeMissing: ({ name }: { name: string }) => `a dVAE encoder must hold "${name}"; it is missing`,
  dvaeShape: ({
    name,
    expected,
    found,
  }: {
    name: string
    expected: readonly (number | string)[]
    found: readonly number[]
  }) => `"${name}" must have shape ${shape(expected)}; it has ${shape(found)}`,
} satisfies Room
