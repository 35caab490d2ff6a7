import { inEnglish, message, type Failure, type Message } from '../../electron/contract/index.ts'

/** A title of a test's own, as steps of old projects have theirs. */
export const titled = (text: string): Message => message('asWritten', { text })

/** A failure as its sentence reads in English, to be matched by words. */
export const inWords = ({ kind, message: said }: Failure): { kind: Failure['kind']; message: string } => ({
  kind,
  message: inEnglish(said),
})

/** Matches a message whose English sentence holds or fits `text`: for toMatchObject. */
export const says = (text: string | RegExp): Message => {
  const fits = (said: string) => (typeof text === 'string' ? said.includes(text) : text.test(said))
  const matcher = { asymmetricMatch: (other: unknown) => fits(inEnglish(other as Message)), toString: () => `${text}` }
  return matcher as unknown as Message
}
