/** The reason completes "3 were left out: …". */
export interface Skipped<R extends string = string> {
  readonly reason: R
  readonly count: number
}

/** Counts what is left out, by reason. */
export class Skips<R extends string = string> {
  private readonly counts = new Map<R, number>()
  add(reason: R, count = 1): void {
    if (count > 0) this.counts.set(reason, (this.counts.get(reason) ?? 0) + count)
  }
  list(): Skipped<R>[] {
    return [...this.counts].map(([reason, count]) => ({ reason, count }))
  }
}
