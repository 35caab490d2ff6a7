/** Objectives of a microscope: 40× ↔ 0.25 µm/px. */
export const objectives = [1.25, 2.5, 5, 10, 20, 40] as const

/** The next objective above or below `now`; the last one again at the end. */
export function nextObjective(now: number, up: boolean): number {
  const beyond = 1.02 // a zoom that is nearly a preset counts as it
  return up
    ? (objectives.find((m) => m > now * beyond) ?? objectives[objectives.length - 1])
    : (objectives.findLast((m) => m * beyond < now) ?? objectives[0])
}
