import { onScopeDispose, shallowReactive } from 'vue'
import type { Command, FreeChord } from './table.ts'

const handlers = new Map<Command, () => void>()

/** Says what a command does while the calling scope (a component, mostly) lives. */
export function onCommand(command: Command, handler: () => void): void {
  handlers.set(command, handler)
  onScopeDispose(() => {
    if (handlers.get(command) === handler) handlers.delete(command)
  })
}

/** Does a command; nothing where nobody says what it does just now. */
export const run = (command: Command): void => handlers.get(command)?.()

/** Whether the command does something just now. */
export const isOn = (command: Command): boolean => handlers.has(command)

/** What a key does that no command has: a panel's. */
export interface OwnKey {
  /** In the page's language. */
  readonly title: () => string
  readonly run: () => void
}

const own = shallowReactive(new Map<string, OwnKey>())

/** The keys that have no command, by chord: help shows them. */
export const ownKeys: ReadonlyMap<string, OwnKey> = own

/** Says what a key does that no command has, while the calling scope lives. Throws where another has it. */
export function onKey(chord: FreeChord, does: OwnKey): void {
  if (own.has(chord)) throw new Error(`Two panels have the key ${chord}. Give one of them another (window/panels.ts).`)
  own.set(chord, does)
  onScopeDispose(() => own.delete(chord))
}
