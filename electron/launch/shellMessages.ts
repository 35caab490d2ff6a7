import type { EngineReply, EngineRequest, Message, SelfTestRequest } from '../contract/index.ts'

/**
 * Messages between Electron's shell and the host's utility process. Only the shell can start processes. It starts
 * engines for the host and passes each side one end of a channel; engine messages do not go through the shell.
 */
export type HostToShell =
  | { readonly kind: 'start-engine'; readonly engine: number }
  | { readonly kind: 'kill-engine'; readonly engine: number }
  | StartOpenSlide
  | { readonly kind: 'serving'; readonly link: string; readonly origin: string }
  | { readonly kind: 'failed'; readonly message: Message }
  | { readonly kind: 'closed' }

/** From engines: they read slides too, and test the machine's graphics. */
export type EngineToShell = StartOpenSlide | SelfTestRequest

/** Also from engines. */
export interface StartOpenSlide {
  readonly kind: 'start-openslide'
  readonly args: readonly string[]
}

export type ShellToHost =
  /** The first message. `file`: absolute path of a slide or project to open. */
  | { readonly kind: 'open'; readonly file: string | undefined; readonly drawsInSoftware: boolean }
  /** Comes with the channel's port. */
  | { readonly kind: 'engine'; readonly engine: number; readonly pid: number | undefined }
  | { readonly kind: 'engine-exit'; readonly engine: number; readonly why: Message }
  | { readonly kind: 'close' }

/** One end of a channel to an engine: the part of Electron's MessagePortMain that is used. */
export interface EnginePort {
  postMessage(message: EngineRequest): void
  on(event: 'message', receive: (event: { readonly data: EngineReply }) => void): unknown
  start(): void
}

/** The utility process's connection to the shell: the part of Electron's ParentPort that is used. */
export interface ShellPort {
  postMessage(message: HostToShell): void
  on(
    event: 'message',
    receive: (event: { readonly data: ShellToHost; readonly ports: readonly EnginePort[] }) => void,
  ): unknown
}
