import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { leftOut, unreadKinds } from '../../electron/contract/messages/english/annotations.ts'
import { rooms } from '../../electron/contract/messages/english/index.ts'
import { derived, rows } from '../../electron/contract/messages/english/rescue.ts'
import { doings, reasons } from '../../electron/contract/messages/english/system.ts'
import {
  catalogue,
  inEnglish,
  message,
  type Message,
  type MessageKey,
} from '../../electron/contract/messages/message.ts'

const root = join(import.meta.dirname, '../..')
const keys = Object.keys(catalogue.en) as MessageKey[]

/** Files of the product that may use a message. */
function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|vue|cts)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/contract\/messages\/(english|german)\//.test(path.replaceAll('\\', '/')))
}

/** The parameters that a sentence of the room's English file declares, with their types as written. */
function declared(): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>()
  for (const room of Object.keys(rooms)) {
    const path = join(root, 'electron/contract/messages/english', `${room}.ts`)
    const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
    const visit = (node: ts.Node): void => {
      if (
        ts.isPropertyAssignment(node) &&
        ts.isArrowFunction(node.initializer) &&
        node.name.getText() in catalogue.en
      ) {
        const type = node.initializer.parameters[0]?.type
        const members = type && ts.isTypeLiteralNode(type) ? type.members.filter(ts.isPropertySignature) : []
        found.set(node.name.getText(), new Map(members.map((m) => [m.name.getText(), m.type?.getText() ?? ''])))
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  return found
}

/** Every choice that a sentence must have words for. */
const choices: Record<string, readonly string[]> = {
  'keyof typeof doings': Object.keys(doings),
  'keyof typeof reasons': Object.keys(reasons),
  'keyof typeof rows': Object.keys(rows),
  'keyof typeof derived': Object.keys(derived),
  'keyof typeof unreadKinds': Object.keys(unreadKinds),
  'keyof typeof answers': ['notSure', 'badOutline', 'none'],
}
const nested: Message = message('cancelled')

/** Values for the parameter at a place of the list, which can be found in what is said. */
function samples(name: string, type: string, at: number): readonly unknown[] {
  const [marker, number] = [`MARKE${at}`, 51 + at]
  const literal = /^'/.test(type) ? [...type.matchAll(/'([^']*)'/g)].map(([, choice]) => choice) : undefined
  const fixed = choices[type] ?? literal
  if (fixed) return fixed
  if (type.includes('LeftOutCount')) return [Object.keys(leftOut).map((reason) => ({ reason, count: number }))]
  if (/AnyMessage\[\]/.test(type)) return [[nested, nested]]
  if (type === 'AnyMessage') return [nested]
  if (type.startsWith('readonly [number, number]')) return [[number, number]]
  if (type.startsWith('readonly [string, string]')) return [[marker, marker]]
  if (/^readonly \(?number( \| string\))?\[\]|^readonly \(number \| string\)/.test(type))
    return [[number, number, number]]
  if (/^readonly \(?string/.test(type)) return [[marker, marker]]
  if (/^boolean/.test(type)) return [true, false]
  if (/^number \| null/.test(type)) return [number, null]
  if (/^string \| null/.test(type)) return [marker, null]
  if (/^number/.test(type)) return [number]
  if (/^string/.test(type)) return [marker]
  if (name === 'by') return [{ user: marker, host: marker, process: number }, null]
  if (name === 'span') return [{ x: [number, number], y: [number, number] }, null]
  if (name === 'rare') return [[{ name: marker, count: number }]]
  if (type.startsWith('readonly { name: string; labels: number }')) return [[{ name: marker, labels: number }]]
  if (name === 'held')
    return [
      null,
      { labels: number, accuracy: null },
      { labels: number, accuracy: { mean: number, low: number, high: number } },
    ]
  if (name === 'verdict')
    return [
      { why: message('heldOutNothing') },
      { labels: 40, before: 60.5, after: 70.5, gain: { low: -2.5, high: 22.5 }, kept: true },
      { labels: 40, before: 60.5, after: 50.5, gain: null, kept: false },
    ]
  if (name === 'score') return [{ predicted: number, frequent: number, copied: number }, null]
  throw new Error(`Give a sample of "${name}: ${type}" here.`)
}

/** Each sentence with every choice of each parameter, the others at their first. */
function renderings(): { key: MessageKey; params: Record<string, unknown> }[] {
  const all: { key: MessageKey; params: Record<string, unknown> }[] = []
  for (const [key, params] of declared()) {
    const first = Object.fromEntries([...params].map(([name, type], at) => [name, samples(name, type, at)[0]]))
    all.push({ key: key as MessageKey, params: first })
    for (const [at, [name, type]] of [...params].entries())
      for (const value of samples(name, type, at).slice(1))
        all.push({ key: key as MessageKey, params: { ...first, [name]: value } })
  }
  return all
}

const say = (language: keyof typeof catalogue, { key, params }: { key: MessageKey; params: object }): string =>
  (catalogue[language][key] as (p: object, say: (inner: Message) => string) => string)(params, (inner) =>
    say(language, inner as { key: MessageKey; params: object }),
  )

test('every sentence is there in both languages, and a key stands in one room alone', () => {
  expect(keys.length).toBeGreaterThan(300)
  expect(Object.keys(catalogue.de).sort()).toEqual([...keys].sort())
  const inRooms = Object.values(rooms).flatMap((room) => Object.keys(room))
  expect(inRooms.filter((key, i) => inRooms.indexOf(key) !== i)).toEqual([])
  expect([...declared().keys()].sort()).toEqual([...keys].sort())
})

test('every sentence is used', () => {
  const text = [...sources('electron'), ...sources('renderer')].map((path) => readFileSync(path, 'utf8')).join('\n')
  const used = new Set([...text.matchAll(/'(\w+)'/g)].map(([, name]) => name))
  expect(keys.filter((key) => !used.has(key))).toEqual([])
})

/** Sentences that are the same in every language: names, and what a person wrote. */
const sameEverywhere: readonly MessageKey[] = ['asWritten', 'stepLabelled', 'partFile', 'checkFailed']
/** Words of German that English does not have, or the other way round, are no proof; these are English beyond doubt. */
const english =
  /\b(the|is|are|were|be|has|have|with|not|of|and|or|there|this|it|its|must|which|from|again|choose|give|copy)\b/i

test('in German no English is left, nothing is undefined, and every parameter is said as in English', () => {
  const wrong: string[] = []
  for (const one of renderings()) {
    const [en, de] = [say('en', one), say('de', one)]
    const complain = (what: string) => wrong.push(`${one.key}: ${what}\n  ${en}\n  ${de}`)
    if (/undefined|\[object|NaN\b(?! o)/.test(`${en}${de}`.replace(/NaN (or|oder)|has NaN|enthält NaN/g, '')))
      complain('undefined')
    if (de.trim() === '' || en.trim() === '') complain('empty')
    if (en === de && !sameEverywhere.includes(one.key) && /[a-z]{4}/.test(de.replace(/MARKE\d/g, '')))
      complain('the same')
    const words = de.replace(/„[^“]*“|"[^"]*"|\b[\w.-]+\([^)]*\)|--[\w-]+|\S*[/.]\S+\w/g, '')
    if (english.test(words)) complain(`English: ${english.exec(words)?.[0]}`)
    const said = (text: string) => [...new Set(text.match(/MARKE\d|\b5\d\b/g))].sort().join()
    if (said(en) !== said(de)) complain('parameters differ')
  }
  expect(wrong.join('\n')).toBe('')
})

test('every failure can be thrown with a message of the catalogue alone', () => {
  const plain: string[] = []
  for (const path of sources('electron')) {
    const text = readFileSync(path, 'utf8')
    if (/new FailureError\(\s*[^,]+,\s*[`'"]/.test(text)) plain.push(path)
    // Words that an old version wrote are all that may have no key.
    if (/'asWritten'/.test(text) && !/stepLog\.ts$|contract[/\\]slides[/\\]slide\.ts$/.test(path)) plain.push(path)
  }
  expect(plain).toEqual([])
  expect(inEnglish(message('asWritten', { text: 'Kept.' }))).toBe('Kept.')
})

/**
 * Words of those who make networks. A pathologist reads the page, so it has plain ones; where such a word stands, the
 * sentence says here why it may.
 */
const jargon = {
  en: /\b(runs?|tokens?|heads?|lora|epochs?|logits?|fine-?tun\w*|encoders?|checkpoints?)\b/i,
  de: /\b(L[aä]ufe?s?|Tokens?|K[oö]pfe?|LoRA|Epochen?|Logits?|Encoders?|Checkpoints?)\b/i,
}
const onlyOnTheCommandLine = 'said by the command line alone'
const allowedJargon: Partial<Record<MessageKey, string>> = {
  int8Disagrees: onlyOnTheCommandLine,
  modelNeedsClasses: onlyOnTheCommandLine,
  checkpointOther: onlyOnTheCommandLine,
  checkpointCut: onlyOnTheCommandLine,
  loraNeedsParent: onlyOnTheCommandLine,
  headNeedsParent: onlyOnTheCommandLine,
  resumePretraining: onlyOnTheCommandLine,
  resumeTokenizer: onlyOnTheCommandLine,
  resumeDetector: onlyOnTheCommandLine,
  checkpointLeft: onlyOnTheCommandLine,
  noCheckpoint: onlyOnTheCommandLine,
  tokenizerNeedsStem: onlyOnTheCommandLine,
  tokenizerNeedsNuclei: onlyOnTheCommandLine,
  annotationKind: 'code that may run: the word as everybody uses it',
}

test('what a pathologist reads has no words of those who make networks', () => {
  // The others are of the command line, of weights and data sets, or of what is wrong in a file, such as its header.
  const { work, steps, projects, rescue, slides, annotations, training, holdOut, evidence, system } = rooms
  const read = [work, steps, projects, rescue, slides, annotations, training, holdOut, evidence, system]
  const shown = new Set(read.flatMap((room) => Object.keys(room)))
  const found = renderings().flatMap((one) =>
    (['en', 'de'] as const).flatMap((language) => {
      const text = say(language, one).replace(/--[\w-]+|"[^"]*"|„[^“]*“/g, '')
      const word = jargon[language].exec(text)?.[0]
      return word && shown.has(one.key) ? [{ key: one.key, word, text }] : []
    }),
  )
  expect(
    found.filter(({ key }) => !allowedJargon[key]).map(({ key, word, text }) => `${key}: ${word}: ${text}`),
  ).toEqual([])
  expect(Object.keys(allowedJargon).filter((key) => !found.some((one) => one.key === key))).toEqual([])
})
