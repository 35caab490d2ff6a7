import { sayIn, message, type Given, type Language, type MessageKey } from '../contract/messages/message.ts'

/** The language of menu and native dialogs: the system's, until the page reports the user's choice. */
let language: Language = 'en'

export const speak = (chosen: Language): void => void (language = chosen)
export const spoken = (): Language => language
export const say = <K extends MessageKey>(key: K, ...given: Given<K>): string => sayIn(language, message(key, ...given))
