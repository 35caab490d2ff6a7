const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })

/** 12345 → "12,345". */
export const count = (n: number): string => whole.format(n)

const wholePercent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 })
/** A fraction as whole per cent, for narrow columns. */
export const wholeShare = (part: number, total: number): string => (total > 0 ? wholePercent.format(part / total) : '–')

/** A fraction as per cent; "–" where there is nothing to divide by. */
export const share = (part: number, total: number): string => (total > 0 ? percent.format(part / total) : '–')

/** A probability as the literature prints it: .93; never a false 1.00 or .00. */
export function probability(p: number): string {
  if (p > 0.995 && p < 1) return '> .99'
  if (p < 0.005 && p > 0) return '< .01'
  return p.toFixed(2).replace(/^0/, '')
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
  new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso))

const tenths = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
/** A length or place in µm without its unit: "1,234.5". */
export const micrometres = (um: number): string => tenths.format(um)

/** Nuclei per mm², to three figures: more would claim an accuracy that no outline has. */
export const perSquareMillimetre = (density: number): string => {
  const figures = density >= 100 ? 0 : density >= 10 ? 1 : 2
  return Number(density.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: figures })
}
