import { expect, it } from 'vitest'
import { madeAhead } from '../../../electron/engine/pretrain/madeAhead.ts'

it('what is made ahead is made once, also where it is asked for meanwhile or the count begins anew', async () => {
  const made: number[] = []
  const { take, ahead } = madeAhead((k) => (made.push(k), Promise.resolve(10 * k)))
  expect(await take(0)).toBe(0)
  const making = ahead(1, 3)
  expect(await Promise.all([take(1), take(2)])).toEqual([10, 20])
  await making
  expect(made).toEqual([0, 1, 2, 3])
  expect(await take(3)).toBe(30)
  expect(await take(0)).toBe(0)
  await ahead(1, 1)
  expect(await take(1)).toBe(10)
  expect(made).toEqual([0, 1, 2, 3, 0, 1])
})

it('an error in what is made ahead is told to the one who asks for it, and nothing further is made', async () => {
  const made: number[] = []
  const { take, ahead } = madeAhead((k) => {
    made.push(k)
    return k === 1 ? Promise.reject(new Error('unreadable')) : Promise.resolve(k)
  })
  await ahead(0, 4)
  expect(made).toEqual([0, 1])
  expect(await take(0)).toBe(0)
  await expect(take(1)).rejects.toThrow('unreadable')
})
