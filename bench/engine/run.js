import { inOwnProcess } from '../ownProcess.js'
/** Measures in a process that is started as the engine is, so that this one stays responsive. */
export const measureEngine = (task) => inOwnProcess(import.meta.url, './measure', task)
export const engineInWords = (r) =>
  [
    `matrix product: ${r.matMulGflops.toFixed(0)} GFLOP/s`,
    ...Object.keys(r.forward).map(
      (name) => `${name}: forward ${r.forward[name].toFixed(2)}, training ${r.train[name].toFixed(2)}`,
    ),
    `int8 (${r.int8.preset}): ${r.int8.speed.toFixed(2)} × full precision, token cosine ≥ ${r.int8.cosine.toFixed(5)}`,
    `head on kept tokens: trained in ${r.head.trainSeconds.toFixed(2)} s (20,000), re-scored in ${r.head.rescoreSeconds.toFixed(2)} s (500,000)`,
    `whole slide: ${r.wholeSlide.toFixed(2)} of the bare forward pass`,
    `training that draws its crops: ${r.trainAhead.toFixed(2)} of the bare step`,
    `most memory while fine-tuning: ${Object.entries(r.memoryMB)
      .map(([name, MB]) => `${name} ${MB} MB`)
      .join(', ')}; growth over 180 cycles of train and classify: ${r.growthMB} MB`,
  ].join('\n')
//# sourceMappingURL=run.js.map
