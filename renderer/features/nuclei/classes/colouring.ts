import type { ChangeLog } from '../../../../electron/contract/nuclei/changeLog.ts'
import type { MeasuredNuclei } from '../../../../electron/contract/nuclei/measured.ts'
import type { PredictedClasses, ShownClasses } from '../../../../electron/contract/nuclei/displayed.ts'
import { rounded } from '../../../format.ts'
import { strings } from '../../../strings.ts'
import { rgb, slotOf, type ShownClass } from './palette.ts'
import { unclassified } from './unclassified.ts'

/** The properties that nuclei can be coloured by. */
const nucleusProperties = [
  'class',
  'predicted',
  'label',
  'probability',
  'margin',
  'entropy',
  'agreement',
  'source',
] as const
export const measures = ['area', 'roundness'] as const
export const colourings = [...nucleusProperties, ...measures] as const
/** What was measured on the outlines, with the unit of areas. */
export interface Measured extends MeasuredNuclei {
  readonly unit: 'µm²' | 'px²'
}
export type Measure = (typeof measures)[number]
export const isMeasure = (by: ColourBy): by is Measure => (measures as readonly string[]).includes(by)
export type ColourBy = (typeof colourings)[number]

/** Returns whether a colouring needs the model's predictions, including those beneath people's labels. */
export const needsPredicted = (by: ColourBy): boolean =>
  by === 'predicted' || by === 'margin' || by === 'entropy' || by === 'agreement'

/** Returns the colouring to use now. While data for the wanted one is still missing, the previous one stays. */
export const colouringNow = (
  wanted: ColourBy,
  before: ColourBy,
  predicted: PredictedClasses | null,
  measured: Measured | null = null,
): ColourBy => ((needsPredicted(wanted) && !predicted) || (isMeasure(wanted) && !measured) ? before : wanted)

/**
 * The colours by row, and the row of each nucleus. Reading `rows` or `strengths` brings them up to date with the shown
 * classes.
 */
export interface Colouring {
  readonly by: ColourBy
  /** #rrggbb by row, at most 256. */
  readonly colours: readonly string[]
  readonly rows: Uint8Array
  /**
   * How strongly each nucleus is drawn, 0 … 255: the fainter, the lower the probability of the class shown. null: all at full
   * strength.
   */
  readonly strengths: Uint8Array | null
  readonly legend: ColourLegend
}
export type ColourLegend =
  | { readonly kind: 'classes' }
  | { readonly kind: 'steps'; readonly steps: readonly { readonly colour: string; readonly name: string }[] }
  | { readonly kind: 'ramp'; readonly colours: readonly string[]; readonly from: string; readonly to: string }

/** Grey for nuclei without a value in the chosen colouring. */
const silent = '#7f7f87'
const rampRows = 64
/**
 * From dark blue through teal to yellow. Lightness increases throughout, so the order survives colour blindness and
 * printing in grey, and neither end is the colour of a stain.
 */
const ramp = rampOf(['#0b2f7f', '#14718f', '#35b06f', '#ffe14d'], rampRows)
/** Colour row of each value 0 … 255. Row 0 is reserved for nuclei without a value. */
const rampRow = Uint8Array.from({ length: 256 }, (_, value) => 1 + Math.round((value / 255) * (rampRows - 1)))
/** The reverse, for values where the smallest is the most uncertain. */
const rampRowDown = rampRow.toReversed()
/** Blue and vermilion of Okabe & Ito (2008). */
const agrees = '#0072b2'
const differs = '#d55e00'
const human = '#e69f00'

/** Confidence 0 … 255 → strength 0 … 255: .35 at a confidence below .35, full from .85 (smoothstep in between). */
const strengthOf = Uint8Array.from({ length: 256 }, (_, confidence) => {
  const t = Math.min(1, Math.max(0, (confidence / 255 - 0.35) / 0.5))
  return Math.round(255 * (0.35 + 0.65 * t * t * (3 - 2 * t)))
})

/** Strength of a nucleus that the model calls uncertain by its own threshold. It is dashed, and dashes must be seen. */
const uncertainStrength = 210

/** Writes one value per nucleus at some positions, or at all of them if `positions` is null. */
type Painter = (values: Uint8Array, positions: Uint32Array | null) => void

/**
 * Creates the colouring of a slide's nuclei. `predicted` null: no model predictions are available (yet). `changes`
 * records where the shown classes change afterwards; without it they are assumed never to change.
 */
export function colouringOf(
  by: ColourBy,
  classes: readonly ShownClass[],
  shown: ShownClasses,
  predicted: PredictedClasses | null,
  changes?: ChangeLog,
  measured: Measured | null = null,
): Colouring {
  const rows = (paint: Painter) => follower(shown.count, paint, changes)
  switch (by) {
    case 'class': {
      const row = rows(classRows(shown, slotOf(classes)))
      // Computed only when nuclei are drawn one by one; the density picture does not use it.
      const strength = rows(strengths(shown))
      return {
        by,
        colours: [unclassified.color, ...classes.slice(0, 255).map((c) => c.color)],
        get rows() {
          return row()
        },
        get strengths() {
          return strength()
        },
        legend: { kind: 'classes' },
      }
    }
    case 'predicted':
      return asClasses(by, classes, rows(idRows(predicted?.classId, slotOf(classes))))
    case 'label':
      return asClasses(by, classes, rows(labelRows(shown, slotOf(classes))))
    case 'area':
    case 'roundness': {
      const { paint, from, to } = alongMeasure(measured?.[by])
      const unit = by === 'area' && measured ? ` ${measured.unit}` : ''
      return along(by, rows(paint), [`${rounded(from, 2)}${unit}`, `${rounded(to, 2)}${unit}`])
    }
    case 'probability':
      return along(by, rows(alongRamp(shown.confidence, rampRow, shown.classId)), strings.colourBy.ends.probability)
    case 'margin':
      return along(
        by,
        rows(alongRamp(predicted?.margin, rampRowDown, predicted?.classId)),
        strings.colourBy.ends.uncertainty,
      )
    case 'entropy':
      return along(
        by,
        rows(alongRamp(predicted?.entropy, rampRow, predicted?.classId)),
        strings.colourBy.ends.uncertainty,
      )
    case 'agreement':
      return steps(by, strings.colourBy.agreement, [silent, agrees, differs], rows(agreementRows(shown, predicted)))
    case 'source':
      return steps(by, strings.colourBy.sources, [silent, agrees, human], rows(sourceRows(shown)))
  }
}

/**
 * Returns a getter of values that are computed on first use and then updated only where the shown classes have changed.
 */
function follower(count: number, paint: Painter, changes: ChangeLog | undefined): () => Uint8Array {
  let values: Uint8Array | null = null
  let version = 0
  return () => {
    if (!values || (changes && changes.version !== version)) {
      const positions = values && changes ? changes.since(version) : null
      paint((values ??= new Uint8Array(count)), positions)
      version = changes?.version ?? 0
    }
    return values
  }
}

/** Colours of classes; row 0 is for nuclei without one. */
const asClasses = (by: ColourBy, classes: readonly ShownClass[], rows: () => Uint8Array): Colouring => ({
  by,
  colours: [silent, ...classes.slice(0, 255).map((c) => c.color)],
  get rows() {
    return rows()
  },
  strengths: null,
  legend: { kind: 'classes' },
})

const along = (by: ColourBy, rows: () => Uint8Array, [from, to]: readonly [string, string]): Colouring => ({
  by,
  colours: [silent, ...ramp],
  get rows() {
    return rows()
  },
  strengths: null,
  legend: { kind: 'ramp', colours: ramp, from, to },
})

const steps = (
  by: ColourBy,
  names: readonly string[],
  colours: readonly string[],
  rows: () => Uint8Array,
): Colouring => ({
  by,
  colours,
  get rows() {
    return rows()
  },
  strengths: null,
  legend: { kind: 'steps', steps: colours.map((colour, k) => ({ colour, name: names[k] })) },
})

// Each painter has its own loop: for a million nuclei, one function call per nucleus takes longer than everything else.

function classRows({ classId }: ShownClasses, slots: Uint8Array): Painter {
  return (rows, positions) => {
    const count = positions?.length ?? rows.length
    for (let k = 0; k < count; k++) {
      const i = positions ? positions[k] : k
      rows[i] = slots[classId[i]]
    }
  }
}

/** Paints the slots of class ids. */
function idRows(ids: Uint16Array | undefined, slots: Uint8Array): Painter {
  return (rows, positions) => {
    if (!ids) return
    const count = positions?.length ?? rows.length
    for (let k = 0; k < count; k++) {
      const i = positions ? positions[k] : k
      rows[i] = slots[ids[i]]
    }
  }
}

/** Paints the slots of people's labels, 0 where there is none. */
function labelRows({ classId, labelled }: ShownClasses, slots: Uint8Array): Painter {
  return (rows, positions) => {
    const count = positions?.length ?? rows.length
    for (let k = 0; k < count; k++) {
      const i = positions ? positions[k] : k
      rows[i] = labelled[i] === 1 ? slots[classId[i]] : 0
    }
  }
}

/** Values that most nuclei lie between, so that a few outliers do not take all colours. */
const within = [0.02, 0.98] as const
const mostSorted = 20_000

/** Paints ramp rows from the lowest to the highest usual value of a measurement, which are returned too. */
function alongMeasure(values: Float32Array | undefined): { paint: Painter; from: number; to: number } {
  const step = Math.max(1, Math.floor((values?.length ?? 0) / mostSorted))
  const some = (values ?? new Float32Array(0)).filter((v, i) => i % step === 0 && !Number.isNaN(v)).sort()
  const [from, to] = within.map((q) => some[Math.floor(q * (some.length - 1))] ?? 0)
  const span = to - from || 1
  const paint: Painter = (rows, positions) => {
    if (!values) return
    const count = positions?.length ?? rows.length
    for (let k = 0; k < count; k++) {
      const i = positions ? positions[k] : k
      const v = values[i]
      rows[i] = Number.isNaN(v) ? 0 : rampRow[Math.round(255 * Math.min(1, Math.max(0, (v - from) / span)))]
    }
  }
  return { paint, from, to }
}

/**
 * Paints ramp rows by value: row 0 (grey) where `known` has no class. Leaves all at 0 while no values are available.
 */
function alongRamp(values: Uint8Array | undefined, rowOf: Uint8Array, known: Uint16Array | undefined): Painter {
  return (rows, positions) => {
    if (!values || !known) return
    const count = positions?.length ?? rows.length
    for (let k = 0; k < count; k++) {
      const i = positions ? positions[k] : k
      rows[i] = known[i] > 0 ? rowOf[values[i]] : 0
    }
  }
}

/** Paints 1 where model and human agree, 2 where they differ, 0 where either says nothing. */
function agreementRows({ classId, labelled }: ShownClasses, predicted: PredictedClasses | null): Painter {
  return (rows, positions) => {
    if (!predicted) return
    const said = predicted.classId
    const count = positions?.length ?? rows.length
    for (let k = 0; k < count; k++) {
      const i = positions ? positions[k] : k
      rows[i] = labelled[i] === 1 && said[i] > 0 ? (said[i] === classId[i] ? 1 : 2) : 0
    }
  }
}

/** Paints 1 where the class is from a model, 2 where it is from a human, 0 where there is none. */
function sourceRows({ classId, labelled }: ShownClasses): Painter {
  return (rows, positions) => {
    const count = positions?.length ?? rows.length
    for (let k = 0; k < count; k++) {
      const i = positions ? positions[k] : k
      rows[i] = labelled[i] === 1 ? 2 : classId[i] > 0 ? 1 : 0
    }
  }
}

function strengths({ classId, confidence, uncertain, labelled }: ShownClasses): Painter {
  return (all, positions) => {
    const count = positions?.length ?? all.length
    for (let k = 0; k < count; k++) {
      const i = positions ? positions[k] : k
      all[i] =
        labelled[i] === 1 || classId[i] === 0 ? 255 : uncertain[i] ? uncertainStrength : strengthOf[confidence[i]]
    }
  }
}

/** Returns `rows` colours evenly spaced along the stops, mixed in sRGB. */
function rampOf(stops: readonly string[], rows: number): string[] {
  return Array.from({ length: rows }, (_, k) => {
    const at = (k / (rows - 1)) * (stops.length - 1)
    const left = Math.min(stops.length - 2, Math.floor(at))
    const [a, b] = [rgb(stops[left]), rgb(stops[left + 1])]
    const mixed = a.map((v, c) => Math.round(v + (b[c] - v) * (at - left)))
    return `#${mixed.map((v) => v.toString(16).padStart(2, '0')).join('')}`
  })
}
