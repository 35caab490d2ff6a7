import { onScopeDispose } from 'vue'
import type { Command } from './table.ts'

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
