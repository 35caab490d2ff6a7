/** The part of OpenJPEG's WebAssembly build that is used. */
declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  interface J2KDecoder {
    /** Memory of the codec for `length` bytes, to be filled before decode. */
    getEncodedBuffer(length: number): Uint8Array
    decode(): void
    /** All zero if decode failed. */
    getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number; isSigned: boolean }
    /** Interleaved samples: a view that the next decode overwrites. */
    getDecodedBuffer(): Uint8Array
    delete(): void
  }
  interface OpenJpeg {
    J2KDecoder: new () => J2KDecoder
  }
  const load: (options: { wasmBinary: Uint8Array; print: (line: string) => void }) => Promise<OpenJpeg>
  export default load
}
