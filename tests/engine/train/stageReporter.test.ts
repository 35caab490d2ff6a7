import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { stageReporter } from '../../../electron/engine/train/stageReporter.ts'

describe('the time that a stage has left', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => vi.useRealTimers())

  function reported() {
    const left: (number | undefined)[] = []
    const report = stageReporter({ progress: ({ secondsLeft }) => left.push(secondsLeft) })
    return { left, report }
  }

  it('is estimated from the pace since training resumed, not from the earlier run', () => {
    const { left, report } = reported()
    report('training', 200, 500)
    vi.advanceTimersByTime(10_000)
    report('training', 210, 500)
    expect(left).toEqual([undefined, 290])
  })

  it('is estimated for each stage separately', () => {
    const { left, report } = reported()
    report('reading', 0, 10)
    vi.advanceTimersByTime(1000)
    report('reading', 5, 10)
    report('training', 0, 100)
    vi.advanceTimersByTime(2000)
    report('training', 1, 100)
    expect(left).toEqual([undefined, 1, undefined, 198])
  })
})
