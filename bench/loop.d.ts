import { type Verb } from '../electron/cli/verb.ts'
/** karyon loop: the whole loop without a window; a scripted reader does the correcting. */
export declare const loop: Verb
