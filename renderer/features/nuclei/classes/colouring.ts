import type { PredictedClasses, ShownClasses } from '../../../../electron/contract/nuclei/displayed.ts'
import { strings } from '../../../strings.ts'
import { rgb, slotOf, type ShownClass } from './palette.ts'
import { unclassified } from './unclassified.ts'

/** What the colours of nuclei mean. */
export const colourings = ['class', 'probability', 'margin', 'entropy', 'agreement', 'source'] as const
export type ColourBy = (typeof colourings)[number]

/** Whether a colouring needs what the model says beneath people's labels. */
export const needsPredicted = (by: ColourBy): boolean => by === 'margin' || by === 'entropy' || by === 'agreement'

/** What to colour by while what the wanted colouring needs may still be on its way: as before until it is here. */
export const colouringNow = (wanted: ColourBy, before: ColourBy, predicted: PredictedClasses | null): ColourBy =>
  needsPredicted(wanted) && !predicted ? before : wanted

/** Colours by row, and the row of each nucleus. */
export interface Colouring {
  readonly by: ColourBy
  /** #rrggbb, at most 256. */
  readonly colours: readonly string[]
  readonly rows: Uint8Array
  /** How strongly a nucleus is drawn, 0 … 255: faint is where the model is unsure of the class shown. null: all fully. */
  readonly strengths: Uint8Array | null
  readonly legend: ColourLegend
}
export type ColourLegend =
  | { readonly kind: 'classes' }
  | { readonly kind: 'steps'; readonly steps: readonly { readonly colour: string; readonly name: string }[] }
  | { readonly kind: 'ramp'; readonly colours: readonly string[]; readonly from: string; readonly to: string }

/** Grey of nuclei of which the chosen colours say nothing. */
const silent = '#7f7f87'
const rampRows = 64
/**
 * From dark blue through teal to yellow: lightness grows all the way, so that order survives colour blindness and grey print,
 * and neither end is a stain's colour.
 */
const ramp = rampOf(['#0b2f7f', '#14718f', '#35b06f', '#ffe14d'], rampRows)
/** Row of each value 0 … 255; row 0 is the silent. */
const rampRow = Uint8Array.from({ length: 256 }, (_, value) => 1 + Math.round((value / 255) * (rampRows - 1)))
/** The same for values of which the smallest means most. */
const rampRowDown = rampRow.toReversed()
/** Blue and vermilion of Okabe & Ito (2008). */
const agrees = '#0072b2'
const differs = '#d55e00'
const human = '#e69f00'

/** Confidence 0 … 255 → strength: below .35 faint, from .85 on full (smoothstep between). */
const strengthOf = Uint8Array.from({ length: 256 }, (_, confidence) => {
  const t = Math.min(1, Math.max(0, (confidence / 255 - 0.35) / 0.5))
  return Math.round(255 * (0.35 + 0.65 * t * t * (3 - 2 * t)))
})

/** The colouring of a slide's nuclei. `predicted` null: nothing is known of the model's own opinion (yet). */
export function colouringOf(
  by: ColourBy,
  classes: readonly ShownClass[],
  shown: ShownClasses,
  predicted: PredictedClasses | null,
): Colouring {
  switch (by) {
    case 'class': {
      let made: Uint8Array | null = null
      return {
        by,
        colours: [unclassified.color, ...classes.slice(0, 255).map((c) => c.color)],
        rows: classRows(shown.classId, slotOf(classes)),
        // Made when nuclei are drawn one by one: the density picture has none.
        get strengths() {
          return (made ??= strengths(shown))
        },
        legend: { kind: 'classes' },
      }
    }
    case 'probability':
      return along(by, shown.confidence, rampRow, shown.classId, strings.colourBy.ends.probability)
    case 'margin':
      return along(by, predicted?.margin, rampRowDown, predicted?.classId, strings.colourBy.ends.uncertainty)
    case 'entropy':
      return along(by, predicted?.entropy, rampRow, predicted?.classId, strings.colourBy.ends.uncertainty)
    case 'agreement':
      return steps(by, strings.colourBy.agreement, [silent, agrees, differs], agreementRows(shown, predicted))
    case 'source':
      return steps(by, strings.colourBy.sources, [silent, agrees, human], sourceRows(shown))
  }
}

/** Rows of the ramp by value; `known` is 0 where there is none. Nothing at all known yet: everything silent. */
function along(
  by: ColourBy,
  values: Uint8Array | undefined,
  rowOf: Uint8Array,
  known: Uint16Array | undefined,
  [from, to]: readonly [string, string],
): Colouring {
  const rows = new Uint8Array(values?.length ?? 0)
  if (values && known) for (let i = 0; i < rows.length; i++) rows[i] = known[i] > 0 ? rowOf[values[i]] : 0
  return { by, colours: [silent, ...ramp], rows, strengths: null, legend: { kind: 'ramp', colours: ramp, from, to } }
}

const steps = (by: ColourBy, names: readonly string[], colours: readonly string[], rows: Uint8Array): Colouring => ({
  by,
  colours,
  rows,
  strengths: null,
  legend: { kind: 'steps', steps: colours.map((colour, k) => ({ colour, name: names[k] })) },
})

// Each a loop of its own: over a million nuclei, a function called for every one of them takes longer than all the rest.

function classRows(classId: Uint16Array, slots: Uint8Array): Uint8Array {
  const rows = new Uint8Array(classId.length)
  for (let i = 0; i < rows.length; i++) rows[i] = slots[classId[i]]
  return rows
}

/** 1 where the model says what a human says, 2 where it says otherwise, 0 where one of them says nothing. */
function agreementRows({ count, classId, labelled }: ShownClasses, predicted: PredictedClasses | null): Uint8Array {
  const rows = new Uint8Array(count)
  if (!predicted) return rows
  const said = predicted.classId
  for (let i = 0; i < count; i++) if (labelled[i] === 1 && said[i] > 0) rows[i] = said[i] === classId[i] ? 1 : 2
  return rows
}

/** 1 where a model says the class, 2 where a human does, 0 where nobody does. */
function sourceRows({ count, classId, labelled }: ShownClasses): Uint8Array {
  const rows = new Uint8Array(count)
  for (let i = 0; i < count; i++) rows[i] = labelled[i] === 1 ? 2 : classId[i] > 0 ? 1 : 0
  return rows
}

function strengths({ count, classId, confidence, labelled }: ShownClasses): Uint8Array {
  const all = new Uint8Array(count)
  for (let i = 0; i < count; i++) all[i] = labelled[i] === 1 || classId[i] === 0 ? 255 : strengthOf[confidence[i]]
  return all
}

/** `rows` colours evenly along the stops, mixed in sRGB. */
function rampOf(stops: readonly string[], rows: number): string[] {
  return Array.from({ length: rows }, (_, k) => {
    const at = (k / (rows - 1)) * (stops.length - 1)
    const left = Math.min(stops.length - 2, Math.floor(at))
    const [a, b] = [rgb(stops[left]), rgb(stops[left + 1])]
    const mixed = a.map((v, c) => Math.round(v + (b[c] - v) * (at - left)))
    return `#${mixed.map((v) => v.toString(16).padStart(2, '0')).join('')}`
  })
}
