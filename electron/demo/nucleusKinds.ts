import type { DemoNucleus } from './demoNucleus.ts'
import { nucleusShape, randomWaves } from './nucleusShape.ts'
import type { Random } from '../../models/nn/random.ts'

/** Makes a nucleus of one kind at x, y with its long axis along `angle`. Sizes are those of cells at 0.25 µm/px. */
export type NucleusKind = (random: Random, x: number, y: number, angle: number) => DemoNucleus

const bounded = (random: Random, mean: number, deviation: number, low: number, high: number) =>
  Math.min(high, Math.max(low, mean + deviation * random.normal()))

/** Oval, pale and vesicular with a clear membrane and one to three nucleoli; some are dark and crowded instead. */
export const epithelial: NucleusKind = (random, x, y, angle) => {
  const dark = random.next() < 0.2
  const a = bounded(random, dark ? 17.5 : 16.5, 2.2, 11, 23)
  const b = bounded(random, dark ? 8 : 10.2, 1.2, 6.5, 14)
  const nucleoli = Array.from({ length: 1 + Math.floor(random.between(0, 2.6)) }, () => ({
    u: random.between(-0.5, 0.5) * a,
    v: random.between(-0.45, 0.45) * b,
    radius: random.between(1.6, 3),
  }))
  return {
    class: 'epithelial',
    shape: nucleusShape({
      x,
      y,
      angle: angle + 0.16 * random.normal(),
      a,
      b,
      taper: 0.1,
      bend: 0,
      waves: randomWaves(random, 0.035),
    }),
    chromatin: dark
      ? { base: random.between(0.95, 1.4), rim: 0.25, clumps: 0.45, grain: 4, nucleoli: [] }
      : {
          base: random.between(0.45, 0.8),
          rim: random.between(0.45, 0.8),
          clumps: 0.62,
          grain: random.between(4, 6),
          nucleoli,
        },
    surroundings: { halo: 0 },
  }
}

/** Small, round and dark with clock-face clumps and almost no cytoplasm. */
export const lymphocyte: NucleusKind = (random, x, y, angle) => {
  const a = bounded(random, 9.8, 0.9, 8, 12.5)
  return {
    class: 'inflammatory',
    shape: nucleusShape({
      x,
      y,
      angle,
      a,
      b: a * random.between(0.84, 1),
      taper: 0,
      bend: 0,
      waves: randomWaves(random, 0.03),
    }),
    chromatin: { base: random.between(1, 1.7), rim: 0.4, clumps: 0.85, grain: 4.2, nucleoli: [] },
    surroundings: { halo: Math.max(0, random.between(-2, 4)) },
  }
}

/** A plasma cell: a round dark nucleus in a lilac cell body. */
export const plasmaCell: NucleusKind = (random, x, y, angle) => {
  const cell = lymphocyte(random, x, y, angle)
  return {
    ...cell,
    surroundings: { halo: 0, cytoplasm: { width: random.between(6, 10), haematoxylin: 0.42, eosin: 0.3 } },
  }
}

/** Nucleus of a fibroblast or endothelial cell: long, thin, tapered and wavy. */
export const spindle: NucleusKind = (random, x, y, angle) => {
  const a = bounded(random, 20, 4.5, 12, 32)
  return {
    class: 'stromal',
    shape: nucleusShape({
      x,
      y,
      angle: angle + 0.14 * random.normal(),
      a,
      b: bounded(random, 5.6, 1.3, 3.6, 9.5),
      taper: random.between(0.1, 0.5),
      bend: 0.32 * random.normal(),
      waves: randomWaves(random, 0.05),
    }),
    chromatin: {
      base: random.between(0.55, 1.25),
      rim: random.between(0.25, 0.5),
      clumps: 0.5,
      grain: 5,
      nucleoli: [],
    },
    surroundings: { halo: random.between(0, 2) },
  }
}

/** A mitotic plate: a dark ragged bar in a cleared round cell. */
export const mitosis: NucleusKind = (random, x, y, angle) => ({
  class: 'miscellaneous',
  shape: nucleusShape({
    x,
    y,
    angle: angle + random.between(0, Math.PI),
    a: random.between(11, 15),
    b: random.between(4.5, 6.5),
    taper: 0.1,
    bend: 0.3 * random.normal(),
    waves: randomWaves(random, 0.13, 8),
  }),
  chromatin: { base: 2.2, rim: 0, clumps: 0.25, grain: 3, nucleoli: [] },
  surroundings: { halo: 0, cytoplasm: { width: 10, haematoxylin: 0.12, eosin: 0.12 } },
})

/** An apoptotic body: shrunken, round, black-violet, in bright pink cytoplasm behind a white gap. */
export const apoptosis: NucleusKind = (random, x, y, angle) => {
  const a = random.between(5, 7.5)
  return {
    class: 'miscellaneous',
    shape: nucleusShape({
      x,
      y,
      angle,
      a,
      b: a * random.between(0.75, 1),
      taper: 0,
      bend: 0,
      waves: randomWaves(random, 0.05),
    }),
    chromatin: { base: 2.3, rim: 0, clumps: 0.1, grain: 4, nucleoli: [] },
    surroundings: { halo: 7, cytoplasm: { width: 4, haematoxylin: 0.1, eosin: 0.75 } },
  }
}

/** A dying cell shed into a lumen: washed out, with a broken membrane. */
export const shedCell: NucleusKind = (random, x, y, angle) => {
  const a = random.between(7.5, 11.5)
  return {
    class: 'miscellaneous',
    shape: nucleusShape({
      x,
      y,
      angle,
      a,
      b: a * random.between(0.7, 0.95),
      taper: 0,
      bend: 0,
      waves: randomWaves(random, 0.08),
    }),
    chromatin: { base: random.between(0.75, 1.2), rim: 0.15, clumps: 0.7, grain: 4, nucleoli: [] },
    surroundings: { halo: 0, cytoplasm: { width: random.between(5, 10), haematoxylin: 0.12, eosin: 0.4 } },
  }
}
