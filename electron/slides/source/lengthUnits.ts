/** Lengths in µm of the units that files name, in lower case; the micrometre itself is in micrometresOf. */
const units: Readonly<Record<string, number>> = {
  um: 1,
  micron: 1,
  microns: 1,
  micrometer: 1,
  micrometers: 1,
  micrometre: 1,
  micrometres: 1,
  å: 1e-4,
  angstrom: 1e-4,
  nm: 1e-3,
  nanometer: 1e-3,
  nanometre: 1e-3,
  mm: 1e3,
  millimeter: 1e3,
  millimetre: 1e3,
  cm: 1e4,
  centimeter: 1e4,
  centimetre: 1e4,
  dm: 1e5,
  m: 1e6,
  meter: 1e6,
  metre: 1e6,
  pm: 1e-6,
  in: 25_400,
  inch: 25_400,
  inches: 25_400,
  '"': 25_400,
}

/**
 * Returns the length of a unit in µm; null if it is not a length (pixel) or not known. The micro sign comes as U+00B5,
 * as the Greek letter, spelled "\u00B5" (ImageJ), and behind the "Â" or "Î" of text that was encoded twice.
 */
export function micrometresOf(unit: string): number | null {
  const plain = unit
    .trim()
    .replace(/\\u00b5|\\u03bc/i, 'µ')
    .replace(/^(?:Â|Ã‚)+(?=[µ\u00c5])/, '')
    .replace(/^(?:Î¼|Ã…|\ufffd(?=m$))/, (found) => (found === 'Ã…' ? 'å' : 'µ'))
    .replace(/^[µμ]/, 'u')
    .normalize('NFC')
    .toLowerCase()
    .replace(/^[µμ]/, 'u')
  return units[plain] ?? units[plain.replace('\u212b', 'å')] ?? null
}
