/** Nuclei with their visual tokens and classes, for judging a tokenizer. */
export interface TokenisedNuclei {
  /** [n, tokensEach] */
  readonly tokens: Int32Array
  readonly tokensEach: number
  /** Class of each nucleus */
  readonly labels: ArrayLike<number>
  /** Image of each nucleus */
  readonly image: ArrayLike<number>
}

/**
 * How much visual tokens say about a nucleus's class: the share of nuclei that naive Bayes classifies correctly from
 * the counts of their tokens, trained on all other images (multinomial, one count added to each).
 */
export function tokenClassAccuracy(
  { tokens, tokensEach, labels, image }: TokenisedNuclei,
  vocabulary: number,
  classes: number,
): number {
  const n = labels.length
  const counts = (only?: number) => {
    const perToken = new Float64Array(classes * vocabulary)
    const perClass = new Float64Array(classes)
    for (let i = 0; i < n; i++) {
      if (only !== undefined && image[i] !== only) continue
      perClass[labels[i]]++
      for (let k = i * tokensEach; k < (i + 1) * tokensEach; k++) perToken[labels[i] * vocabulary + tokens[k]]++
    }
    return { perToken, perClass }
  }
  const all = counts()
  let right = 0
  for (const held of new Set(Array.from(image))) {
    const own = counts(held)
    const perClass = all.perClass.map((count, c) => count - own.perClass[c])
    const total = perClass.map((count) => Math.log(count * tokensEach + vocabulary))
    for (let i = 0; i < n; i++) {
      if (image[i] !== held) continue
      let [best, most] = [0, -Infinity]
      for (let c = 0; c < classes; c++) {
        let score = Math.log(perClass[c] + 1)
        for (let k = i * tokensEach; k < (i + 1) * tokensEach; k++) {
          const at = c * vocabulary + tokens[k]
          score += Math.log(all.perToken[at] - own.perToken[at] + 1) - total[c]
        }
        if (score > most) [best, most] = [c, score]
      }
      if (best === labels[i]) right++
    }
  }
  return right / n
}
