/** Side of a tile, pixels; the commonest in scanners' files. */
export declare const tileSide = 256
/** A picture about as busy as stained tissue: pale ground with grain, dark ellipses of nuclear size. RGB. */
export declare function tissueLike(seed: number): Uint8Array
/** The picture as a JPEG stream of the quality that scanners use. */
export declare const asJpeg: (rgb: Uint8Array) => Promise<Buffer>
/** Pictures as irreversible JPEG 2000 codestreams, a twelfth of their size. */
export declare function asJpeg2000(pictures: readonly Uint8Array[]): Promise<Buffer[]>
