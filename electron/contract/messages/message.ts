import { english } from './english/index.ts'
import { german } from './german/index.ts'
import type { AnyMessage, Params } from './sentence.ts'

/**
 * Every sentence that a user can meet, by language. German has the shape of English: a missing key does not compile.
 */
export const catalogue = { en: english, de: german }
export type Language = keyof typeof catalogue
export type MessageKey = keyof typeof english

/** What a sentence must be given: nothing, or one object of parameters. */
export type Given<K extends MessageKey> = (typeof english)[K] extends () => string
  ? []
  : Parameters<(typeof english)[K]> extends [infer P, ...unknown[]]
    ? [P]
    : never

/** A sentence as data, to be said in any language. */
export type Message = { readonly key: MessageKey; readonly params: Params }

/** A sentence of the catalogue with what it speaks of. */
export const message = <K extends MessageKey>(key: K, ...[params]: Given<K>): Message => ({
  key,
  params: (params ?? {}) as Params,
})

/** A message in a language. */
export function sayIn(language: Language, { key, params }: AnyMessage): string {
  const sentence = catalogue[language][key as MessageKey] as (params: Params, say: (m: AnyMessage) => string) => string
  return sentence(params, (inner) => sayIn(language, inner))
}

/** For terminals, logs and whoever reads a failure without a catalogue. */
export const inEnglish = (said: AnyMessage): string => sayIn('en', said)

/** The first of the languages that a system or browser prefers that Karyon speaks, else English. */
export const languageOf = (preferred: readonly string[]): Language =>
  preferred.map((name) => name.slice(0, 2).toLowerCase()).find((name): name is Language => name in catalogue) ?? 'en'
