import { english } from './english/index.ts'
import { german } from './german/index.ts'
import type { AnyMessage, Params } from './sentence.ts'

/** Every sentence that a user can see, by language. German has the type of English: a missing key does not compile. */
export const catalogue = { en: english, de: german }
export type Language = keyof typeof catalogue
export type MessageKey = keyof typeof english

/** The arguments of a sentence: none, or one object of parameters. */
export type Given<K extends MessageKey> = (typeof english)[K] extends () => string
  ? []
  : Parameters<(typeof english)[K]> extends [infer P, ...unknown[]]
    ? [P]
    : never

/** A sentence as data, which can be put into any language. */
export type Message = { readonly key: MessageKey; readonly params: Params }

/** Makes a message from a sentence of the catalogue and its parameters. */
export const message = <K extends MessageKey>(key: K, ...[params]: Given<K>): Message => ({
  key,
  params: (params ?? {}) as Params,
})

/** Returns the text of a message in a language. */
export function sayIn(language: Language, { key, params }: AnyMessage): string {
  const sentence = catalogue[language][key as MessageKey] as (params: Params, say: (m: AnyMessage) => string) => string
  return sentence(params, (inner) => sayIn(language, inner))
}

/** Returns the English text, for terminals, logs and code without the catalogue. */
export const inEnglish = (said: AnyMessage): string => sayIn('en', said)

/** Returns the first preferred language that Karyon has, or English. */
export const languageOf = (preferred: readonly string[]): Language =>
  preferred.map((name) => name.slice(0, 2).toLowerCase()).find((name): name is Language => name in catalogue) ?? 'en'
