/** Smallest cosine between equal rows of two matrices [n, width]; 1 where there are no rows. */
export function smallestCosine(a: Float32Array, b: Float32Array, width: number): number {
  let smallest = 1
  for (let row = 0; row < a.length; row += width) {
    let [ab, aa, bb] = [0, 0, 0]
    for (let k = row; k < row + width; k++) {
      ab += a[k] * b[k]
      aa += a[k] * a[k]
      bb += b[k] * b[k]
    }
    smallest = Math.min(smallest, ab / Math.sqrt(aa * bb))
  }
  return smallest
}
