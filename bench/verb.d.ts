import { type Verb } from '../electron/cli/verb.ts'
/** karyon bench: how near Karyon comes to the machine's limit, and what a full-scale project costs. */
export declare const bench: Verb
