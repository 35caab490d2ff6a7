/** TIFF tags that are read (TIFF 6.0, its technical notes, BigTIFF). */
export const tags = {
  newSubfileType: 254,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  description: 270,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  xResolution: 282,
  yResolution: 283,
  planarConfiguration: 284,
  resolutionUnit: 296,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  subDirectories: 330,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  yCbCrSubsampling: 530,
} as const

/** How blocks are compressed, by TIFF number; other numbers are refused by name or number. */
export const compressions = {
  none: 1,
  lzw: 5,
  jpeg: 7,
  deflate: 8,
  packbits: 32773,
  aperioJpeg2000YCbCr: 33003,
  aperioJpeg2000Rgb: 33005,
  oldDeflate: 32946,
  jpeg2000: 34712,
  zstd: 50000,
  webp: 50001,
} as const

export const photometrics = { whiteIsZero: 0, blackIsZero: 1, rgb: 2, palette: 3, cmyk: 5, yCbCr: 6 } as const
