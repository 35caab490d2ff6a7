import { expect, it } from 'vitest'
import { inEnglish, packLeftOut, sentences, tell, type SentenceKey } from '../../electron/contract/messages/messages.ts'
import { count, figures, probability, rounded } from '../../renderer/format.ts'
import { magnificationLabel, scaleBar } from '../../renderer/features/viewer/scaleBar.ts'
import { germanSentences } from '../../renderer/germanSentences.ts'
import { hostSentence } from '../../renderer/hostSentence.ts'
import { setLanguage } from '../../renderer/language.ts'
import { catalogues, strings } from '../../renderer/strings.ts'

/** Paths of all sentences, and whether each is a text or made by a function of so many arguments. */
const shape = (at: unknown, path = ''): string[] =>
  typeof at === 'object' && at !== null
    ? Object.entries(at).flatMap(([key, value]) => shape(value, `${path}/${key}`))
    : [`${path} ${typeof at === 'function' ? `of ${at.length}` : typeof at}`]

const texts = (at: unknown): string[] =>
  typeof at === 'string' ? [at] : typeof at === 'object' && at !== null ? Object.values(at).flatMap(texts) : []

it('every sentence exists in English and German', () => {
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

it('areas, probabilities, magnifications and lengths have the comma of the language', () => {
  const all = () => [figures(1.6, 3), figures(1234, 3), probability(0.934), probability(0.999), rounded(1.25, 3)]
  const labels = () => [magnificationLabel(2.54), scaleBar(0.005, 100).label]
  expect([...all(), ...labels()]).toEqual(['1.60', '1,230', '.93', '> .99', '1.25', '2.5×', '0.5 µm'])
  setLanguage('de')
  expect([...all(), ...labels()]).toEqual(['1,60', '1.230', '0,93', '> 0,99', '1,25', '2,5×', '0,5 µm'])
  setLanguage('en')
})

it('messages of the host appear in the page’s language, with its number format', () => {
  const found = inEnglish(tell('nucleiFound', { nuclei: 12_345, seconds: 3.21, carried: 2 }))
  const full = inEnglish(tell('projectRefused', { path: '/p.karyon', reason: 'fullAfterConfirmed' }))
  expect(hostSentence(found)).toBe('12,345 nuclei found in 3.2 s. 2 labels went over to the new outlines.')
  setLanguage('de')
  expect(hostSentence(found)).toBe(
    '12.345 Zellkerne gefunden in 3,2 s. 2 Benennungen gingen auf die neuen Umrisse über.',
  )
  const left = packLeftOut([
    { reason: 'nuclei outside the slide', count: 1200 },
    { reason: 'tiles', count: 3 },
  ])
  const imported = inEnglish(tell('imported', { nuclei: 5, labels: -1, left }))
  expect(imported.message).toBe('5 nuclei imported. Left out: 1,200 nuclei outside the slide; 3 tiles.')
  expect(hostSentence(imported)).toBe(
    '5 Zellkerne eingelesen. Ausgelassen: 1.200 Zellkerne außerhalb des Präparats; 3 Kacheln.',
  )
  expect(hostSentence(full)).toMatch(/^Das Projekt \/p\.karyon .+ Platte ist voll/)
  expect(hostSentence({ message: 'Only in English.' })).toBe('Only in English.')
  setLanguage('en')
})

it('every message of the host has a German version with all its parameters', () => {
  /** Every parameter has a value that can be found in what is said. */
  const left = packLeftOut([{ reason: 'tiles', count: 41 }])
  const params = new Proxy(
    {},
    {
      get: (_, name) =>
        ({ doing: 'listFolder', reason: 'gone', stage: 'saving', answer: 'none', left })[String(name)] ?? 41,
    },
  )
  for (const key of Object.keys(sentences) as SentenceKey[]) {
    const english = (sentences[key] as (p: object) => string)(params)
    const german = (germanSentences[key] as (p: object) => string)(params)
    expect([key, german === english]).toEqual([key, false])
    const numbers = (text: string) => text.split('41').length
    expect([key, numbers(german)]).toEqual([key, numbers(english)])
  }
})
