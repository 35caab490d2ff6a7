/**
 * A dimension: a number, or a linear expression in symbols whose values are known only when the graph runs, in
 * canonical form: "N", "N+785", "9*N+2". So one graph serves any number of nuclei without padding.
 */
export type Dim = number | string
export type Shape = readonly Dim[]

interface Linear {
  constant: number
  terms: Map<string, number>
}

function parse(dim: Dim): Linear {
  if (typeof dim === 'number') return { constant: dim, terms: new Map() }
  const linear: Linear = { constant: 0, terms: new Map() }
  for (const part of dim.replaceAll('-', '+-').split('+')) {
    if (part === '') continue
    const match = /^(-?)(?:(\d+)\*)?([A-Za-z]\w*)$|^(-?\d+)$/.exec(part)
    if (!match) throw new Error(`A dimension must be a number or a sum like "9*N+2"; got "${dim}".`)
    if (match[4] !== undefined) linear.constant += Number(match[4])
    else
      linear.terms.set(
        match[3],
        (linear.terms.get(match[3]) ?? 0) + (match[1] ? -1 : 1) * (match[2] ? Number(match[2]) : 1),
      )
  }
  return linear
}

function format({ constant, terms }: Linear): Dim {
  const parts = [...terms]
    .filter(([, factor]) => factor !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, factor]) => (factor === 1 ? name : factor === -1 ? `-${name}` : `${factor}*${name}`))
  if (parts.length === 0) return constant
  if (constant !== 0) parts.push(String(constant))
  return parts.join('+').replaceAll('+-', '-')
}

const combine = (a: Dim, b: Dim, sign: number): Dim => {
  const [x, y] = [parse(a), parse(b)]
  const terms = new Map(x.terms)
  for (const [name, factor] of y.terms) terms.set(name, (terms.get(name) ?? 0) + sign * factor)
  return format({ constant: x.constant + sign * y.constant, terms })
}
export const addDims = (a: Dim, b: Dim): Dim => combine(a, b, 1)
export const subtractDims = (a: Dim, b: Dim): Dim => combine(a, b, -1)

export function scaleDim(dim: Dim, by: number): Dim {
  const { constant, terms } = parse(dim)
  return format({ constant: constant * by, terms: new Map([...terms].map(([n, f]) => [n, f * by])) })
}

/** Divides a dimension; throws if a part of it is not divisible. */
export function divideDim(dim: Dim, by: number): Dim {
  const { constant, terms } = parse(dim)
  for (const part of [constant, ...terms.values()])
    if (part % by !== 0) throw new Error(`Dimension ${dim} must be divisible by ${by}.`)
  return format({ constant: constant / by, terms: new Map([...terms].map(([n, f]) => [n, f / by])) })
}

/** Number of elements; throws if two symbolic dimensions would be multiplied (nothing here needs that). */
export function sizeOf(shape: Shape): Dim {
  return shape.reduce<Dim>((size, dim) => {
    if (typeof dim === 'number') return scaleDim(size, dim)
    if (typeof size === 'number') return scaleDim(dim, size)
    throw new Error(`The size of [${shape.join(', ')}] is not linear in its symbols.`)
  }, 1)
}

/** Returns the number a dimension stands for; throws if it is symbolic. */
export function fixed(dim: Dim, what: string): number {
  if (typeof dim === 'number') return dim
  throw new Error(`${what} must be a number when the graph is built; got "${dim}".`)
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((dim, i) => dim === b[i])
export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`
