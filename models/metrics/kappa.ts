/**
 * Cohen's kappa of two readers over the same cases: κ = (p_o − p_e) / (1 − p_e), where p_o is the share of cases on
 * which they agree and p_e the agreement expected from their class frequencies alone (Cohen 1960). NaN if there are no
 * cases; 1 if both readers gave the same single class to all cases.
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
