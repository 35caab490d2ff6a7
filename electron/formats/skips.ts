/** The reason completes "3 were left out: …". */
export interface Skipped {
  readonly reason: string
  readonly count: number
}

/** Counts what is left out, by reason. */
export class Skips {
  private readonly counts = new Map<string, number>()
  add(reason: string, count = 1): void {
    if (count > 0) this.counts.set(reason, (this.counts.get(reason) ?? 0) + count)
  }
  list(): Skipped[] {
    return [...this.counts].map(([reason, count]) => ({ reason, count }))
  }
}
