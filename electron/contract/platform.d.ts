// The globals the contract uses that are in Node and in browsers alike, but in no ECMAScript library file.
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  decode(bytes: Uint8Array): string
}
interface AbortSignal {
  readonly aborted: boolean
}
