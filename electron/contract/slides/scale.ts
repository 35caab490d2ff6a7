/** µm per pixel in each direction. */
interface Scale {
  readonly x: number
  readonly y: number
}

/** Returns one µm/px for both directions: the geometric mean, which keeps areas right. */
export const meanMpp = ({ x, y }: Scale): number => Math.sqrt(x * y)

/** Largest ratio of the sides of a pixel that is an error of measurement. */
const mostStretched = 1.05

/** Returns whether pixels count as square. Nuclei are found and classified as if all were, at the mean µm/px. */
export const areSquare = ({ x, y }: Scale): boolean => Math.max(x / y, y / x) <= mostStretched
