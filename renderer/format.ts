import { numbersIn } from '../electron/contract/messages/numbers.ts'
import { language } from './language.ts'

const numbers = { en: numbersIn('en'), de: numbersIn('de') }
const format = (n: number, options: Intl.NumberFormatOptions): string => numbers[language.value].format(n, options)

/** 12345 → "12,345", in German "12.345". */
export const count = (n: number): string => format(n, { maximumFractionDigits: 0 })

/** Formats a number with a fixed number of decimals: 0.123, in German "0,123". */
export const decimal = (n: number, digits: number): string =>
  format(n, { minimumFractionDigits: digits, maximumFractionDigits: digits })

/**
 * Formats a number with a fixed number of significant figures, trailing zeros included: an area of 1.60 mm², in German
 * "1,60".
 */
export const figures = (n: number, digits: number): string =>
  format(n, { minimumSignificantDigits: digits, maximumSignificantDigits: digits })

/** Formats a number with at most this many significant figures, without trailing zeros: 2.5, in German "2,5". */
export const rounded = (n: number, digits: number): string => format(n, { maximumSignificantDigits: digits })

/** Formats a fraction as a whole percentage, for narrow columns; "–" if the total is 0. */
export const wholeShare = (part: number, total: number): string =>
  total > 0 ? format(part / total, { style: 'percent', maximumFractionDigits: 0 }) : '–'

/** Formats a fraction as a percentage with at most one decimal; "–" if the total is 0. */
export const share = (part: number, total: number): string =>
  total > 0 ? format(part / total, { style: 'percent', maximumFractionDigits: 1 }) : '–'

/** Formats an interval of fractions in per cent: "12.3–15.0%", in German "12,3–15,0 %". */
export const shareRange = ({ low, high }: { low: number; high: number }): string => {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 }
  return `${format(100 * low, digits)}–${format(high, { style: 'percent', ...digits })}`
}

/** Formats a difference of two fractions in percentage points with its sign: "+1.2", in German "+1,2". */
export const points = (difference: number): string =>
  format(100 * difference, {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    signDisplay: 'exceptZero',
  }).replace('-', '−')

/** Formats a score as in the literature: .93, in German 0,93. */
export const score = (s: number): string => (language.value === 'en' ? decimal(s, 2).replace(/^0/, '') : decimal(s, 2))

/** Formats a probability as in the literature: .93, in German 0,93. Never rounds to a false 1.00 or .00. */
export function probability(p: number): string {
  const short = (q: number) => (language.value === 'en' ? decimal(q, 2).replace(/^0/, '') : decimal(q, 2))
  if (p > 0.995 && p < 1) return `> ${short(0.99)}`
  if (p < 0.005 && p > 0) return `< ${short(0.01)}`
  return short(p)
}

/** Formats a duration in seconds for people: "40 s", "3 min", "1 h 20 min". */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Formats running time: "4:07". */
export const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

/** Formats an ISO time as a short local date and time. */
export const when = (iso: string): string =>
  new Intl.DateTimeFormat(language.value, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso))

/** Formats an ISO time as a local time of day. */
export const timeOfDay = (iso: string): string =>
  new Intl.DateTimeFormat(language.value, { timeStyle: 'short' }).format(new Date(iso))

/** Formats a length or coordinate in µm, without the unit: "1,234.5". */
export const micrometres = (um: number): string => decimal(um, 1)

/** Formats nuclei per mm² to three significant figures: more would claim an accuracy that no outline has. */
export const perSquareMillimetre = (density: number): string =>
  format(Number(density.toPrecision(3)), { maximumFractionDigits: density >= 100 ? 0 : density >= 10 ? 1 : 2 })
