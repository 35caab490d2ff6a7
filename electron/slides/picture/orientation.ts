import type { Metadata } from 'sharp'

const isOrientation = (value: number | undefined): value is number => value !== undefined && value >= 1 && value <= 8

/**
 * Returns the orientation of a picture, 1 to 8 as in EXIF; 1 if none is stated. Programs write it into EXIF, into XMP
 * (tiff:Orientation), or, as ImageMagick for PNG, as EXIF in hexadecimal text.
 */
export function orientationOf({ orientation, xmp, comments }: Metadata): number {
  if (isOrientation(orientation)) return orientation
  const inXmp = Number(/tiff:Orientation(?:=["']|>)\s*([1-8])/.exec(xmp?.toString('utf8') ?? '')?.[1])
  if (isOrientation(inXmp)) return inXmp
  const hex = comments?.find(({ keyword }) => /^Raw profile type (?:exif|APP1)$/i.test(keyword))?.text
  const inText =
    hex === undefined
      ? undefined
      : exifOrientation(Buffer.from(hex.replace(/^\s*\w+\s+\d+/, '').replace(/\s/g, ''), 'hex'))
  return isOrientation(inText) ? inText : 1
}

/** Returns tag 274 of the first directory of an EXIF block, which is a TIFF behind "Exif\0\0". */
function exifOrientation(exif: Buffer): number | undefined {
  const tiff = exif.subarray(exif.toString('latin1', 0, 4) === 'Exif' ? 6 : 0)
  const isLittle = tiff.toString('latin1', 0, 2) === 'II'
  const short = (at: number) => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const directory = tiff.length < 8 ? 0 : isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  for (let i = 0, count = short(directory); i < count && i < 1000; i++)
    if (short(directory + 2 + 12 * i) === 274) return short(directory + 2 + 12 * i + 8)
  return undefined
}
