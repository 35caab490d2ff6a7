import { expect, it } from 'vitest'
import { count } from '../../renderer/format.ts'
import { setLanguage } from '../../renderer/language.ts'
import { catalogues, strings } from '../../renderer/strings.ts'

/** Paths of all sentences, and whether each is a text or made by a function of so many arguments. */
const shape = (at: unknown, path = ''): string[] =>
  typeof at === 'object' && at !== null
    ? Object.entries(at).flatMap(([key, value]) => shape(value, `${path}/${key}`))
    : [`${path} ${typeof at === 'function' ? `of ${at.length}` : typeof at}`]

const texts = (at: unknown): string[] =>
  typeof at === 'string' ? [at] : typeof at === 'object' && at !== null ? Object.values(at).flatMap(texts) : []

it('every sentence is there in English and in German', () => {
  const english = shape(catalogues.en)
  expect(english.length).toBeGreaterThan(100)
  expect(shape(catalogues.de).sort()).toEqual(english.sort())
  expect([...texts(catalogues.en), ...texts(catalogues.de)].filter((text) => text.trim() === '')).toEqual([])
})

it('sentences and numbers follow the language', () => {
  expect([strings.cancel, count(12_345)]).toEqual(['Cancel', '12,345'])
  setLanguage('de')
  expect([strings.cancel, count(12_345)]).toEqual(['Abbrechen', '12.345'])
  setLanguage('en')
  expect(strings.cancel).toBe('Cancel')
})
