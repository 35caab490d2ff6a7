import { expect, test } from 'vitest'
import { createTileCache } from '../../../electron/slides/read/tileCache.ts'

const slide = {}
/** A tile of 300 bytes that counts how often it was made. */
function counted() {
  let made = 0
  const make = async () => {
    made++
    return { width: 10, height: 10, data: new Uint8Array(300) }
  }
  return { make, made: () => made }
}

test('a tile is made once, even when it is requested twice at the same time', async () => {
  const cache = createTileCache(1000)
  const { make, made } = counted()
  await Promise.all([cache.get(slide, 'a', make), cache.get(slide, 'a', make)])
  await cache.get(slide, 'a', make)
  expect(made()).toBe(1)
})

test('the byte budget is kept: the least recently used tile is dropped first', async () => {
  const cache = createTileCache(900)
  const { make, made } = counted()
  for (const key of ['a', 'b', 'c', 'a', 'd']) await cache.get(slide, key, make)
  expect(cache.bytes).toBe(900)
  expect(made()).toBe(4)
  await cache.get(slide, 'a', make)
  expect(made()).toBe(4)
  await cache.get(slide, 'b', make)
  expect(made()).toBe(5)
})

test('a tile that could not be made is tried again', async () => {
  const cache = createTileCache(900)
  const { make, made } = counted()
  await expect(cache.get(slide, 'a', () => Promise.reject(new Error('drive gone')))).rejects.toThrow('drive gone')
  await cache.get(slide, 'a', make)
  expect(made()).toBe(1)
})

test('slides do not share tiles, and the tiles of a closed slide are dropped', async () => {
  const cache = createTileCache(9000)
  const other = {}
  const { make, made } = counted()
  await cache.get(slide, 'a', make)
  await cache.get(other, 'a', make)
  expect(made()).toBe(2)
  cache.forget(other)
  expect(cache.bytes).toBe(300)
})

test('a tile that arrives after its slide was closed is not kept', async () => {
  const cache = createTileCache(9000)
  const { make } = counted()
  const late = cache.get(slide, 'a', make)
  cache.forget(slide)
  await late
  expect(cache.bytes).toBe(0)
})
