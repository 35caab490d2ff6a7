import type { LeftOut, LeftOutCount } from '../../contract/index.ts'

/** Counts left-out records by reason. */
export class Skips {
  private readonly counts = new Map<LeftOut, number>()
  add(reason: LeftOut, count = 1): void {
    if (count > 0) this.counts.set(reason, (this.counts.get(reason) ?? 0) + count)
  }
  list(): LeftOutCount[] {
    return [...this.counts].map(([reason, count]) => ({ reason, count }))
  }
}
