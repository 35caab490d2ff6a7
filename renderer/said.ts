import { sayIn, type Message } from '../electron/contract/messages/message.ts'
import { language } from './language.ts'

/** Returns a message from the host as text in the page's language. */
export const said = (message: Message): string => sayIn(language.value, message)
