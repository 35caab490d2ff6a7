import { onScopeDispose, shallowReactive } from 'vue'
import type { Command, FreeChord } from './table.ts'

const handlers = new Map<Command, () => void>()

/** Sets what a command does while the calling scope (usually a component) lives. */
export function onCommand(command: Command, handler: () => void): void {
  handlers.set(command, handler)
  onScopeDispose(() => {
    if (handlers.get(command) === handler) handlers.delete(command)
  })
}

/** Runs a command. Does nothing if it has no handler at the moment. */
export const run = (command: Command): void => handlers.get(command)?.()

/** Returns whether the command has a handler at the moment. */
export const isOn = (command: Command): boolean => handlers.has(command)

/** What a key does that belongs to no command, such as a panel's key. */
export interface OwnKey {
  /** In the page's language. */
  readonly title: () => string
  readonly run: () => void
}

const own = shallowReactive(new Map<string, OwnKey>())

/** The keys that belong to no command, by chord; the help lists them. */
export const ownKeys: ReadonlyMap<string, OwnKey> = own

/**
 * Sets what a key that belongs to no command does, while the calling scope lives. Throws Error if the key is already in
 * use.
 */
export function onKey(chord: FreeChord, does: OwnKey): void {
  if (own.has(chord)) throw new Error(`Two panels have the key ${chord}. Give one of them another (window/panels.ts).`)
  own.set(chord, does)
  onScopeDispose(() => own.delete(chord))
}
