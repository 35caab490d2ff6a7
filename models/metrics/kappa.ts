/**
 * Cohen's kappa of two readers over the same cases: κ = (p_o − p_e) / (1 − p_e), p_o the share of cases on which they
 * agree, p_e what their class frequencies alone would give (Cohen 1960). NaN where there is no case; 1 where both said
 * one and the same class throughout.
 */
export function cohenKappa(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const count = first.length
  if (second.length !== count) throw new RangeError(`Two readers with ${count} and ${second.length} labels.`)
  if (count === 0) return NaN
  const frequency = new Map<number, [number, number]>()
  let agreed = 0
  for (let i = 0; i < count; i++) {
    if (first[i] === second[i]) agreed++
    for (const [reader, label] of [first[i], second[i]].entries()) {
      const both = frequency.get(label) ?? [0, 0]
      both[reader]++
      frequency.set(label, both)
    }
  }
  let expected = 0
  for (const [a, b] of frequency.values()) expected += (a / count) * (b / count)
  return expected === 1 ? 1 : (agreed / count - expected) / (1 - expected)
}
