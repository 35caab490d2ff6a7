import { count, rounded } from '../../format.ts'

/** Returns a scale bar of a round length (1, 2 or 5 × 10ⁿ µm), at most `room` CSS pixels long. */
export function scaleBar(micronsPerPixel: number, room: number): { pixels: number; label: string } {
  const most = micronsPerPixel * room
  const decade = 10 ** Math.floor(Math.log10(most))
  const microns = ([5, 2, 1].find((step) => step * decade <= most) ?? 1) * decade
  const label = microns >= 1000 ? `${rounded(microns / 1000, 1)} mm` : `${rounded(microns, 1)} µm`
  return { pixels: microns / micronsPerPixel, label }
}

/** Returns the objective magnification for a number of µm per CSS pixel; by convention 40× ↔ 0.25 µm/px. */
export const magnification = (micronsPerPixel: number): number => 10 / micronsPerPixel

/** "40×", "2.5×", in German "2,5×". */
export const magnificationLabel = (m: number): string => `${m >= 10 ? count(m) : rounded(m, 2)}×`
