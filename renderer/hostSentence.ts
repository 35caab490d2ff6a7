import { sayBy, type Told } from '../electron/contract/messages/messages.ts'
import { germanSentences } from './germanSentences.ts'
import { language } from './language.ts'

/** A sentence of the host in the page's language; in English where the host gives no more than its words. */
export const hostSentence = ({ message, told }: { readonly message: string; readonly told?: Told }): string =>
  told && language.value === 'de' ? sayBy(germanSentences, told) : message

/** What a step of the history is called, in the page's language; as it was called where only its words were kept. */
export const stepTitle = (step: { readonly title: string; readonly told?: Told }): string =>
  hostSentence({ message: step.title, told: step.told })

/** What a job is called, in the page's language. */
export const jobTitle = (job: { readonly title: string; readonly told: { readonly title?: Told } }): string =>
  hostSentence({ message: job.title, told: job.told.title })

/** A job's stage, result or failure, in the page's language. */
export const jobMessage = (job: { readonly message: string; readonly told: { readonly message?: Told } }): string =>
  hostSentence({ message: job.message, told: job.told.message })
