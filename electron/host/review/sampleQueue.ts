import { ascending, those } from './ascending.ts'

/** What the sampler knows about a slide's nuclei, as columns. */
export interface QueueColumns {
  readonly count: number
  /** Ids of the most and second most probable class; 0 without a prediction. */
  readonly first: Uint16Array
  readonly second: Uint16Array
  /** Probabilities of these, 0 … 65,535. */
  readonly p1: Uint16Array
  readonly p2: Uint16Array
  /** 1 if the model is not sure of the most probable class (its own threshold). */
  readonly uncertain: Uint8Array
  /** Human label; 0 = none. */
  readonly label: Uint16Array
  /** 1 if the current reader gave the label. */
  readonly own: Uint8Array
  /** 1 if the nucleus lies outside the tissue. It is then never in the queue. */
  readonly outside: Uint8Array
}

/** Why a nucleus is in the queue. */
export const tiers = ['uncertain', 'confusedPair', 'rareClass', 'audit', 'secondLook'] as const
export type Tier = (typeof tiers)[number]

/**
 * Fraction of the queue per tier. The audit is a random sample of all unlabelled nuclei. Only the audit can show where
 * the model is confident and wrong.
 */
export const shares: Readonly<Record<Tier, number>> = {
  uncertain: 0.4,
  confusedPair: 0.2,
  rareClass: 0.17,
  audit: 0.2,
  // Enough to measure a reader's agreement with themselves over some weeks, too little to be noticed.
  secondLook: 0.03,
}

/**
 * A tier is drawn from this many times as many top candidates as it needs: the very first are often one and the same
 * artefact.
 */
const breadth = 5

export interface Queue {
  /**
   * Positions, with the tiers shuffled together. Of those chosen for what the model said, the uncertain ones come first.
   * Audit and second looks keep their places between them, so that a reader who stops early has seen some of each.
   */
  readonly position: Uint32Array
  /** For each position, its index in `tiers`. */
  readonly tier: Uint8Array
}

/**
 * Draws a queue of up to `size` nuclei. The same columns and seed give the same queue. Unlabelled nuclei without a
 * prediction can only be in the audit.
 */
export function sampleQueue(columns: QueueColumns, size: number, seed: number): Queue {
  const random = xorshift(seed)
  const taken = columns.outside.slice()
  const chosen: Chosen[] = []
  const take = (tier: Tier, candidates: Uint32Array, wanted: number): void => {
    const free = those(candidates, (i) => !taken[i])
    for (let k = 0; k < Math.min(wanted, free.length); k++) {
      const swap = k + Math.floor(random() * (free.length - k))
      ;[free[k], free[swap]] = [free[swap], free[k]]
      taken[free[k]] = 1
      chosen.push({ position: free[k], tier: tiers.indexOf(tier) })
    }
  }
  const { label, own } = columns
  const wanted = (tier: Tier) => Math.round(size * shares[tier])
  const unlabelled = where(columns.count, (i) => label[i] === 0 && columns.outside[i] === 0)
  const predicted = those(unlabelled, (i) => columns.first[i] !== 0)
  const margin = (i: number) => columns.p1[i] - columns.p2[i]
  const head = (positions: Uint32Array, n: number) => leastFirst(positions, margin, n * breadth)

  take(
    'secondLook',
    where(columns.count, (i) => label[i] !== 0 && own[i] === 1),
    wanted('secondLook'),
  )
  const pair = confusedPair(columns, predicted)
  if (pair !== null) {
    const inPair = those(predicted, (i) => pairOf(columns.first[i], columns.second[i]) === pair)
    take('confusedPair', head(inPair, wanted('confusedPair')), wanted('confusedPair'))
  }
  const rare = rarestClass(columns)
  if (rare !== null) {
    const ofRare = those(predicted, (i) => columns.first[i] === rare || columns.second[i] === rare)
    // Sort by the probability of the rare class, largest first.
    const likely = (i: number) => 65_535 - (columns.first[i] === rare ? columns.p1[i] : columns.p2[i])
    take('rareClass', leastFirst(ofRare, likely, wanted('rareClass') * breadth), wanted('rareClass'))
  }
  const unsure = those(predicted, (i) => columns.uncertain[i] === 1)
  const ofUnsure = Math.min(wanted('uncertain'), unsure.length)
  take('uncertain', head(unsure, ofUnsure), ofUnsure)
  const lacking = wanted('uncertain') - chosen.filter(({ tier }) => tier === tiers.indexOf('uncertain')).length
  take('uncertain', head(predicted, lacking), lacking)
  // The audit also fills the places that the other tiers could not fill.
  take('audit', unlabelled, size - chosen.length)
  for (let k = chosen.length - 1; k > 0; k--) {
    const swap = Math.floor(random() * (k + 1))
    ;[chosen[k], chosen[swap]] = [chosen[swap], chosen[k]]
  }
  const served = uncertainFirst(chosen, columns.uncertain)
  return {
    position: Uint32Array.from(served, (c) => c.position),
    tier: Uint8Array.from(served, (c) => c.tier),
  }
}

interface Chosen {
  readonly position: number
  readonly tier: number
}

/** Puts uncertain nuclei before the others, but leaves audit and second looks in their places. */
function uncertainFirst(chosen: readonly Chosen[], uncertain: Uint8Array): Chosen[] {
  const stays = ({ tier }: Chosen) => tiers[tier] === 'audit' || tiers[tier] === 'secondLook'
  const moved = chosen.filter((c) => !stays(c))
  const inOrder = [1, 0].flatMap((flag) => moved.filter(({ position }) => uncertain[position] === flag)).values()
  return chosen.map((c) => (stays(c) ? c : inOrder.next().value!))
}

/** Encodes two class ids as one number, independent of their order. */
const pairOf = (a: number, b: number): number => Math.min(a, b) * 65_536 + Math.max(a, b)

/**
 * Returns the pair of classes between which people most often corrected the model. Only pairs between which it is still
 * uncertain somewhere are considered. If there is none, returns the pair between which it is most often uncertain.
 */
function confusedPair(columns: QueueColumns, predicted: Uint32Array): number | null {
  const corrected = new Map<number, number>()
  const wavering = new Map<number, number>()
  const add = (to: Map<number, number>, pair: number) => to.set(pair, (to.get(pair) ?? 0) + 1)
  for (let i = 0; i < columns.count; i++)
    if (columns.label[i] !== 0 && columns.first[i] !== 0 && columns.label[i] !== columns.first[i])
      add(corrected, pairOf(columns.label[i], columns.first[i]))
  const close = 0.2 * 65_535
  for (const i of predicted)
    if (columns.second[i] !== 0 && columns.p1[i] - columns.p2[i] < close)
      add(wavering, pairOf(columns.first[i], columns.second[i]))
  const asked = [...corrected].filter(([pair]) => wavering.has(pair))
  const [most] = (asked.length > 0 ? asked : [...wavering]).sort(([p, a], [q, b]) => b - a || p - q)
  return most ? most[0] : null
}

/**
 * Returns the class that the model predicts least often, among those it ever ranks first or second. Returns null if
 * there are fewer than two.
 */
function rarestClass({ count, first, second, outside }: QueueColumns): number | null {
  const given = new Uint32Array(65_536)
  const isSecond = new Uint8Array(65_536)
  for (let i = 0; i < count; i++) {
    if (outside[i]) continue
    given[first[i]]++
    isSecond[second[i]] = 1
  }
  const spoken = [...given.keys()].filter((id) => id !== 0 && (given[id] > 0 || isSecond[id] === 1))
  const [least] = spoken.sort((a, b) => given[a] - given[b] || a - b)
  return spoken.length > 1 ? least : null
}

function where(count: number, holds: (i: number) => boolean): Uint32Array {
  const found = new Uint32Array(count)
  let n = 0
  for (let i = 0; i < count; i++) if (holds(i)) found[n++] = i
  return found.slice(0, n)
}

/**
 * Returns the `most` positions with the smallest values (integers, 0 … 65,535), smallest first. Equal values keep their
 * order.
 */
function leastFirst(positions: Uint32Array, value: (i: number) => number, most: number): Uint32Array {
  // Counting finds the largest value needed, so that only the few positions up to it are sorted.
  const counts = new Uint32Array(65_536)
  for (const i of positions) counts[value(i)]++
  let limit = 0
  for (let below = counts[0]; below < most && limit < 65_535; below += counts[++limit]);
  return ascending(
    those(positions, (i) => value(i) <= limit),
    value,
  ).subarray(0, most)
}

/** Marsaglia's xorshift32: returns a seeded generator of numbers in [0, 1). */
function xorshift(seed: number): () => number {
  let state = (seed | 0) ^ 0x9e3779b9 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
