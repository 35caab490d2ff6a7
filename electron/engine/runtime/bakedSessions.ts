import { createHash } from 'node:crypto'
import type { ParameterLayout } from '../../../models/nn/parameters.ts'
import type { GraphSession } from './session.ts'

/** Sessions are never released, so only the first few sets of weights of an architecture get a session of their own. */
const mostBaked = 3

/**
 * Keeps sessions by architecture. Weights that are part of a session instead of being fed make convolutions up to twice
 * as fast. Further sets of weights share one session of their architecture, to which all weights are fed.
 */
export function bakedSessions() {
  const sessions = new Map<string, Promise<GraphSession>>()
  const counts = new Map<string, number>()
  /**
   * Returns the session of an architecture with these weights.
   * @param baked the weights that may be part of the session
   * @param make makes a session with these weights in it, or with none
   */
  return (
    architecture: string,
    baked: ReadonlyMap<string, Float32Array>,
    make: (weights?: ReadonlyMap<string, Float32Array>) => Promise<GraphSession>,
  ): Promise<GraphSession> => {
    const own = baked.size > 0 ? `${architecture} ${hashOf(baked)}` : architecture
    const known = sessions.get(own)
    if (known) return known
    const count = counts.get(architecture) ?? 0
    const isBaked = own !== architecture && count < mostBaked
    if (isBaked) counts.set(architecture, count + 1)
    const key = isBaked ? own : architecture
    let made = sessions.get(key)
    if (!made) sessions.set(key, (made = make(isBaked ? baked : undefined)))
    return made
  }
}

/** Returns copies of the weights whose name starts with `beginning`, by name. */
export const weightsCalled = (
  { slots }: ParameterLayout,
  values: Float32Array,
  beginning = '',
): Map<string, Float32Array> =>
  new Map(
    slots
      .filter(({ name }) => name.startsWith(beginning))
      .map(({ name, offset, size }) => [name, values.slice(offset, offset + size)]),
  )

function hashOf(weights: ReadonlyMap<string, Float32Array>): string {
  const hash = createHash('sha256')
  for (const a of weights.values()) hash.update(new Uint8Array(a.buffer, a.byteOffset, a.byteLength))
  return hash.digest('hex')
}
