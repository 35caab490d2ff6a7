/** Returns functions that write numbers in a language. */
export function numbersIn(locale: 'en' | 'de') {
  const formatters = new Map<string, Intl.NumberFormat>()
  /** Caches formatters: making one costs far more than using it. */
  const format = (n: number, options: Intl.NumberFormatOptions): string => {
    const name = JSON.stringify(options)
    let formatter = formatters.get(name)
    if (!formatter) formatters.set(name, (formatter = new Intl.NumberFormat(locale, options)))
    return formatter.format(n)
  }
  /** Writes a number with a fixed number of decimals: "0.123", in German "0,123". */
  const decimal = (n: number, digits: number): string =>
    format(n, { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return {
    format,
    decimal,
    /** 12345 → "12,345", in German "12.345". */
    count: (n: number): string => format(n, { maximumFractionDigits: 0 }),
    /** Writes at most `figures` significant digits without trailing zeros: "2.5", in German "2,5". */
    rounded: (n: number, figures = 4): string => format(n, { maximumSignificantDigits: figures }),
    /** "0.250" stays 0.250: a number for a person to type again. */
    plain: (n: number): string => format(n, { maximumFractionDigits: 20, useGrouping: false }),
    seconds: (s: number): string => `${decimal(s, 1)} s`,
    percent: (value: number): string => `${decimal(value, 1)} %`,
  }
}

/** Returns a list of names in quotation marks. */
export const quotedList = (names: readonly string[], open: string, close: string): string =>
  names.map((name) => `${open}${name}${close}`).join(', ')

/** Returns the first `most` names of a list. `others` says how many more there are. */
export const firstOf = (names: readonly string[], most: number, others: (count: number) => string): string =>
  names.slice(0, most).join(', ') + (names.length > most ? others(names.length - most) : '')

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
