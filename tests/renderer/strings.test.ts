import { expect, it } from 'vitest'
import { message } from '../../electron/contract/messages/message.ts'
import { count, figures, probability, rounded } from '../../renderer/format.ts'
import { magnificationLabel, scaleBar } from '../../renderer/features/viewer/scaleBar.ts'
import { said } from '../../renderer/said.ts'
import { language } from '../../renderer/language.ts'
import { catalogues, strings } from '../../renderer/strings.ts'

/** Returns the path of each sentence, and whether it is a text or a function and of how many arguments. */
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
  language.value = 'de'
  expect([strings.cancel, count(12_345)]).toEqual(['Abbrechen', '12.345'])
  language.value = 'en'
  expect(strings.cancel).toBe('Cancel')
})

it('areas, probabilities, magnifications and lengths have the comma of the language', () => {
  const all = () => [figures(1.6, 3), figures(1234, 3), probability(0.934), probability(0.999), rounded(1.25, 3)]
  const labels = () => [magnificationLabel(2.54), scaleBar(0.005, 100).label]
  expect([...all(), ...labels()]).toEqual(['1.60', '1,230', '.93', '> .99', '1.25', '2.5×', '0.5 µm'])
  language.value = 'de'
  expect([...all(), ...labels()]).toEqual(['1,60', '1.230', '0,93', '> 0,99', '1,25', '2,5×', '0,5 µm'])
  language.value = 'en'
})

it('messages of the host are shown in the page’s language, with their numbers', () => {
  const found = message('nucleiFound', { nuclei: 12_345, seconds: 3.21, carried: 2 })
  const full = message('projectRefused', { path: '/p.karyon', reason: 'fullAfterConfirmed' })
  expect(said(found)).toBe('12,345 nuclei found in 3.2 s. 2 labels were carried over to the new outlines.')
  const left = [
    { reason: 'outsideSlide', count: 1200 },
    { reason: 'tiles', count: 3 },
  ] as const
  const imported = message('imported', { nuclei: 5, labels: null, dots: 0, left, notes: [] })
  expect(said(imported)).toBe('5 nuclei imported. Left out or changed: 1,200 nuclei outside the slide; 3 tiles.')
  const one = message('leftOut', { file: 'a.json', left: [{ reason: 'outsideSlide', count: 1 }] })
  expect(said(one)).toBe('a.json: left out 1 nucleus outside the slide.')
  language.value = 'de'
  expect(said(one)).toBe('a.json: ausgelassen 1 Zellkern außerhalb des Präparats.')
  expect(said(found)).toBe('12.345 Zellkerne gefunden in 3,2 s. 2 Benennungen gingen auf die neuen Umrisse über.')
  expect(said(imported)).toBe(
    '5 Zellkerne eingelesen. Ausgelassen oder geändert: 1.200 Zellkerne außerhalb des Präparats; 3 Kacheln.',
  )
  expect(said(full)).toMatch(/^Das Projekt \/p\.karyon .+ Platte ist voll/)
  language.value = 'en'
})

/** Each sentence by its path; functions are given placeholders. */
const sentences = (at: unknown, path = ''): [path: string, text: string][] => {
  if (typeof at === 'string') return [[path, at]]
  if (typeof at === 'function') {
    // An argument may be a number, a list or a choice; what cannot be said with a text is tried with those.
    for (const argument of ['X', ['X'], 'protanopia', 2]) {
      try {
        const said: unknown = (at as (...given: unknown[]) => unknown)(
          ...Array.from({ length: at.length }, () => argument),
        )
        if (typeof said === 'string') return [[path, said]]
      } catch {
        continue
      }
    }
    throw new Error(`${path} could not be said.`)
  }
  return Object.entries(at as object).flatMap(([key, value]) => sentences(value, `${path}.${key}`))
}

/** Words of those who make networks, with the sentences that may have them, and why. */
const jargon = {
  en: /\b(runs?|tokens?|heads?|lora|epochs?|logits?|fine-?tun\w*|encoders?)\b/i,
  de: /\b(L[aä]ufe?s?|Tokens?|K[oö]pfe?|LoRA|Epochen?|Logits?|Encoders?)\b/,
}
const allowedJargon: Readonly<Record<string, string>> = {
  '.attention.head': 'part of the attention of the last block, which the choice names first',
}

it('the page has no words of those who make networks but where a plain word explains them', () => {
  const found = (['en', 'de'] as const).flatMap((language) =>
    sentences(catalogues[language]).flatMap(([path, text]) => (jargon[language].test(text) ? [{ path, text }] : [])),
  )
  expect(found.filter(({ path }) => !(path in allowedJargon))).toEqual([])
  expect(Object.keys(allowedJargon).filter((path) => !found.some((one) => one.path === path))).toEqual([])
})
