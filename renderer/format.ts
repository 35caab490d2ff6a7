import { numbersIn } from '../electron/contract/messages/numbers.ts'
import { language } from './language.ts'

const numbers = { en: numbersIn('en'), de: numbersIn('de') }
const format = (n: number, options: Intl.NumberFormatOptions): string => numbers[language.value].format(n, options)

/** 12345 → "12,345", in German "12.345". */
export const count = (n: number): string => format(n, { maximumFractionDigits: 0 })

/** A number with as many digits behind the point: 0.123, in German "0,123". */
export const decimal = (n: number, digits: number): string =>
  format(n, { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** A number with so many figures in all, zeros included: an area of 1.60 mm², in German "1,60". */
export const figures = (n: number, digits: number): string =>
  format(n, { minimumSignificantDigits: digits, maximumSignificantDigits: digits })

/** A number with at most so many figures, without zeros at its end: 2.5, in German "2,5". */
export const rounded = (n: number, digits: number): string => format(n, { maximumSignificantDigits: digits })

/** A fraction as whole per cent, for narrow columns. */
export const wholeShare = (part: number, total: number): string =>
  total > 0 ? format(part / total, { style: 'percent', maximumFractionDigits: 0 }) : '–'

/** A fraction as per cent; "–" where there is nothing to divide by. */
export const share = (part: number, total: number): string =>
  total > 0 ? format(part / total, { style: 'percent', maximumFractionDigits: 1 }) : '–'

/** A probability as the literature prints it: .93, in German 0,93; never a false 1.00 or .00. */
export function probability(p: number): string {
  const short = (q: number) => (language.value === 'en' ? decimal(q, 2).replace(/^0/, '') : decimal(q, 2))
  if (p > 0.995 && p < 1) return `> ${short(0.99)}`
  if (p < 0.005 && p > 0) return `< ${short(0.01)}`
  return short(p)
}

/** Seconds as a person would say them: "40 s", "3 min", "1 h 20 min". */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** An ISO time as local date and time, short. */
export const when = (iso: string): string =>
  new Intl.DateTimeFormat(language.value, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso))

/** An ISO time as local time of day. */
export const timeOfDay = (iso: string): string =>
  new Intl.DateTimeFormat(language.value, { timeStyle: 'short' }).format(new Date(iso))

/** A length or place in µm without its unit: "1,234.5". */
export const micrometres = (um: number): string => decimal(um, 1)

/** Nuclei per mm², to three figures: more would claim an accuracy that no outline has. */
export const perSquareMillimetre = (density: number): string =>
  format(Number(density.toPrecision(3)), { maximumFractionDigits: density >= 100 ? 0 : density >= 10 ? 1 : 2 })
