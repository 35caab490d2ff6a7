/** Objectives of a microscope: 40× ↔ 0.25 µm/px. */
export const objectives = [1.25, 2.5, 5, 10, 20, 40] as const

/** Returns the next objective above or below `now`, or the last one in that direction if there is no further one. */
export function nextObjective(now: number, up: boolean): number {
  const beyond = 1.02 // a zoom this close to an objective counts as that objective
  return up
    ? (objectives.find((m) => m > now * beyond) ?? objectives[objectives.length - 1])
    : (objectives.findLast((m) => m * beyond < now) ?? objectives[0])
}
