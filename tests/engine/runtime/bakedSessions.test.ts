import { describe, expect, it } from 'vitest'
import { bakedSessions } from '../../../electron/engine/runtime/bakedSessions.ts'
import type { GraphSession } from '../../../electron/engine/runtime/session.ts'

type Weights = ReadonlyMap<string, Float32Array>
const weightsOf = (first: number): Weights => new Map([['w', Float32Array.of(first, 2)]])
/** Sessions that say which weights are part of them. */
interface Said extends GraphSession {
  readonly weights?: Weights
}
const make = (weights?: Weights) => Promise.resolve({ weights } as unknown as GraphSession)

describe('sessions with weights in them', () => {
  it('networks with equal weights share a session, and others have their own', async () => {
    const sessionFor = bakedSessions()
    const first = await sessionFor('small', weightsOf(1), make)
    expect(await sessionFor('small', weightsOf(1), make)).toBe(first)
    const other = (await sessionFor('small', weightsOf(5), make)) as Said
    expect(other.weights).toEqual(weightsOf(5))
  })

  it('from the fourth network of an architecture on, all share one session and pass their weights with each call', async () => {
    const sessionFor = bakedSessions()
    for (const first of [1, 2, 3]) await sessionFor('small', weightsOf(first), make)
    const fourth = (await sessionFor('small', weightsOf(4), make)) as Said
    expect(fourth.weights).toBeUndefined()
    expect(await sessionFor('small', weightsOf(5), make)).toBe(fourth)
    const known = (await sessionFor('small', weightsOf(2), make)) as Said
    expect(known.weights).toEqual(weightsOf(2))
    const elsewhere = (await sessionFor('large', weightsOf(4), make)) as Said
    expect(elsewhere.weights).toEqual(weightsOf(4))
  })
})
