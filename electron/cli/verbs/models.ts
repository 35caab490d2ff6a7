import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Option } from 'commander'
import { FailureError, message } from '../../contract/index.ts'
import { importCheckpoint } from '../../formats/weights/importCheckpoint.ts'
import { presetName, readModelFolder } from '../../formats/weights/modelFolder.ts'
import { averageModels } from '../../formats/weights/averageModels.ts'
import { packModel, withViews } from '../../formats/weights/copyModel.ts'
import { verifyModel } from '../../formats/weights/verifyModel.ts'
import { writeAtomically } from '../../formats/files/writeAtomically.ts'
import { installation } from '../../launch/installation.ts'
import { findModel } from '../../launch/models.ts'
import { exportedModel } from '../../../models/nucleusVit/exported.ts'
import { calibrateModel, calibrationInWords, type CalibrateOptions } from '../data/calibrating.ts'
import { writeTrainingStains, type StainOptions } from '../data/trainingStains.ts'
import { dotRadius } from '../data/dotBoxes.ts'
import { dataMapHelp, dataMpp, positive, wholeNumber } from '../options.ts'
import { viewCounts, type ViewCount } from '../../../models/tiling/views.ts'
import { run, type Verb } from '../verb.ts'

interface Options {
  json?: boolean
}
interface ImportOptions extends Options {
  output: string
  classes?: string
  mpp?: number
  title?: string
  heads?: number
  patchSize?: number
  newHead?: boolean
  licence?: string
}

/** `karyon models …`: lists, describes, verifies, calibrates, imports, packs and exports models. */
export const models: Verb = (program) => {
  const verb = program
    .command('models')
    .description('list, show, verify, calibrate, average, import, pack and export models')
    .exitOverride()
  const json = ['--json', 'result as JSON on stdout'] as const
  verb
    .command('list')
    .description('list the built-in models')
    .option(...json)
    .action((options: Options) => run(options, list, (all) => all.map(line).join('\n') || 'No built-in models.'))
  verb
    .command('show')
    .description('show what a model is')
    .argument('<id|folder>')
    .option(...json)
    .action((model: string, options: Options) =>
      run(
        options,
        () => show(model),
        (m) => m.card || JSON.stringify(m, null, 2),
      ),
    )
  verb
    .command('verify')
    .description('check a model: hash, tensors and their shapes, finite numbers, classes')
    .argument('<id|folder>')
    .option(...json)
    .action((model: string, options: Options) =>
      run(
        options,
        async () => verifyModel(await findModel(model)),
        (r) => `${r.id} is sound: ${r.tensors} tensors, ${r.parameters} numbers, all finite; SHA-256 ${r.weightsHash}`,
      ),
    )
  verb
    .command('import')
    .description('make a model folder from a PyTorch checkpoint (.pth, .pt, .bin) or .safetensors')
    .argument('<checkpoint>')
    .requiredOption('-o, --output <folder>', 'new model folder')
    .option(
      '--classes <names>',
      'class names in the order of the head, e.g. a,b,c; without a head and without names it is an encoder',
    )
    .option('--mpp <m>', 'µm per pixel of the crops it was trained on', positive)
    .option('--title <text>', 'name of the model')
    .option('--licence <text>', 'licence of the weights')
    .option('--heads <n>', 'attention heads (cannot be seen in a checkpoint; width / 64 where absent)', wholeNumber)
    .option('--patch-size <px>', 'resample the patch embedding to this size', wholeNumber)
    .option('--new-head', 'leave the head of the checkpoint and start a new one for --classes, or none')
    .option(...json)
    .action((path: string, options: ImportOptions) =>
      run(
        options,
        () =>
          importCheckpoint(path, resolve(options.output), {
            ...options,
            classes: options.classes?.split(',').map((c) => c.trim()),
          }),
        (r) =>
          [
            `${r.model}: width ${r.architecture.width}, ${r.architecture.layers} layers, ${r.architecture.heads} heads; ${r.classes.length ? `classes ${r.classes.join(', ')}` : 'an encoder without classes'}`,
            `taken: ${r.taken.length} tensors`,
            ...r.resized.map(({ name, why }) => `changed: ${name} (${why})`),
            ...r.left.map(({ name, why }) => `left: ${name} (${why})`),
            ...r.initialised.map((name) => `started new: ${name}`),
          ].join('\n'),
      ),
    )
  verb
    .command('calibrate')
    .description('make probabilities match how often they are right, and say below which one a nucleus is uncertain')
    .requiredOption('--model <id|folder>', 'model to calibrate')
    .requiredOption('--data <folder...>', 'labelled images it was not trained on, as for finetune')
    .option('--tiles <names>', 'only these images, or with a leading ! all but these; 2 at least')
    .option('--detector <id|folder>', 'what finds the nuclei where a data set has dots (default: the built-in one)')
    .option('--radius <µm>', 'how far a dot may lie from its nucleus', positive, dotRadius)
    .option('--data-map <names>', dataMapHelp)
    .option('--mpp <m>', dataMpp, positive)
    .option('-o, --output <folder>', 'new model folder; without it the model itself is changed')
    .option(...json)
    .action((options: CalibrateOptions & Options) => run(options, () => calibrateModel(options), calibrationInWords))
  verb
    .command('stains')
    .description('measure the stains of the tiles that a model was trained on, so that unlike slides are noticed')
    .requiredOption('--model <id|folder>', 'model, whose description is changed')
    .requiredOption('--data <folder...>', 'the images it was trained on')
    .option('--tiles <names>', 'only these images, or with a leading ! all but these')
    .option('--mpp <m>', dataMpp, positive)
    .option(...json)
    .action((options: StainOptions & Options) =>
      run(
        options,
        () => writeTrainingStains(options),
        (r) => `Stains of ${r.tiles} tiles written (${r.without} without tissue left out): ${r.model}`,
      ),
    )
  verb
    .command('export')
    .description('write a model as one plain ONNX file: image and boxes in, probabilities and tokens out')
    .argument('<id|folder>')
    .requiredOption('-o, --output <file>', 'ONNX file')
    .option(...json)
    .action((model: string, options: Options & { output: string }) =>
      run(
        options,
        () => exportModel(model, options.output),
        (r) =>
          `${r.file}: ${(r.bytes / 1e6).toFixed(1)} MB; inputs ${r.inputs.join(', ')}; outputs ${r.outputs.join(', ')}` +
          (r.views > 1 ? `. Karyon averages ${r.views} views of each crop; the file computes one.` : ''),
      ),
    )
  verb
    .command('average')
    .description('write the mean of the weights of models that were fine-tuned from the same one with other seeds')
    .argument('<id|folder...>')
    .requiredOption('-o, --output <folder>', 'new model folder')
    .option('--title <text>', 'name of the model')
    .option(...json)
    .action((all: string[], options: Options & { output: string; title?: string }) =>
      run(
        options,
        async () => {
          const paths = await Promise.all(all.map((one) => findModel(one)))
          const { path, json: made } = await averageModels(paths, resolve(options.output), options.title)
          return { model: path, weightsHash: made.weightsHash }
        },
        (r) => `${r.model}: SHA-256 ${r.weightsHash}. It has no calibration: karyon models calibrate.`,
      ),
    )
  verb
    .command('views')
    .description(
      'write a copy of a model that averages several views of each crop: so many times as slow, perhaps a little more often right',
    )
    .argument('<id|folder>')
    .addOption(
      new Option('--views <n>', 'turned and mirrored views of each crop')
        .choices(viewCounts.map(String))
        .makeOptionMandatory(),
    )
    .requiredOption('-o, --output <folder>', 'new model folder')
    .option(...json)
    .action((model: string, options: Options & { views: string; output: string }) =>
      run(
        options,
        async () => {
          const views = Number(options.views) as ViewCount
          const { path, json: made } = await withViews(await findModel(model), views, resolve(options.output))
          return { model: path, views, calibrated: made.calibration !== undefined }
        },
        (r) =>
          `${r.model}${r.calibrated ? ' has the calibration of the other number of views. Fit it again: karyon models calibrate.' : ''}`,
      ),
    )
  verb
    .command('pack')
    .description('write a copy of a model with weights in float16: half the size')
    .argument('<id|folder>')
    .requiredOption('-o, --output <folder>', 'new model folder')
    .option(...json)
    .action((model: string, options: Options & { output: string }) =>
      run(
        options,
        async () => {
          const { path, json: packed } = await packModel(await findModel(model), resolve(options.output))
          return { model: path, weightsHash: packed.weightsHash }
        },
        (r) => `${r.model}: SHA-256 ${r.weightsHash}`,
      ),
    )
  for (const command of verb.commands) command.exitOverride()
}

async function list() {
  const folder = installation().builtInModels
  const names = (await readdir(folder).catch(() => [])).sort()
  return Promise.all(names.map((name) => describe(join(folder, name))))
}

async function describe(folder: string) {
  const { json } = await readModelFolder(folder)
  const { id, title, architecture, classes, mpp, metric, licence } = json
  return { id, title, preset: presetName(architecture), classes, mpp, metric, licence, folder }
}
const line = (m: Awaited<ReturnType<typeof describe>>): string =>
  `${m.id}  ${m.title} (${m.preset}, ${m.mpp.toFixed(3)} µm/px)  ${m.classes.join(', ')}${m.metric && `\n    ${m.metric}`}`

async function show(model: string) {
  const { json, card, path } = await readModelFolder(await findModel(model))
  return { ...json, folder: path, card }
}

async function exportModel(model: string, output: string) {
  const { folder, weights } = await verifyModel(await findModel(model))
  const { architecture, classes, calibration, views = 1 } = folder.json
  if (!/\.onnx$/i.test(output)) throw new FailureError('invalid-input', message('outMustBeOnnx', { output }))
  const bytes = exportedModel(architecture, classes.length, weights, calibration)
  await writeAtomically(output, [bytes])
  const { imageSize } = architecture
  return {
    file: resolve(output),
    views,
    bytes: bytes.length,
    inputs: [`image uint8 [${imageSize}, ${imageSize}, 3]`, 'boxes float32 [N, 4]'],
    outputs: [`probabilities [N, ${classes.length}]`, `tokens [N, ${architecture.width}]`],
    classes,
  }
}
