/** The DICOM attributes that are read (PS3.3 C.8.12.4, C.7.6.16 …). No other is kept, so that no patient's name is. */
export const attributes = {
  transferSyntax: 0x00020010,
  imageType: 0x00080008,
  sopClass: 0x00080016,
  seriesUid: 0x0020000e,
  concatenationUid: 0x00209161,
  concatenationFrameOffset: 0x00209228,
  dimensionOrganization: 0x00209311,
  samplesPerPixel: 0x00280002,
  photometric: 0x00280004,
  planarConfiguration: 0x00280006,
  numberOfFrames: 0x00280008,
  rows: 0x00280010,
  columns: 0x00280011,
  pixelSpacing: 0x00280030,
  bitsAllocated: 0x00280100,
  bitsStored: 0x00280101,
  iccProfile: 0x00282000,
  pixelMeasures: 0x00289110,
  imagedVolumeWidth: 0x00480001,
  imagedVolumeHeight: 0x00480002,
  totalColumns: 0x00480006,
  totalRows: 0x00480007,
  opticalPaths: 0x00480105,
  opticalPathCount: 0x00480302,
  focalPlaneCount: 0x00480303,
  planePosition: 0x0048021a,
  columnPosition: 0x0048021e,
  rowPosition: 0x0048021f,
  sharedGroups: 0x52009229,
  perFrameGroups: 0x52009230,
  extendedOffsets: 0x7fe00001,
  extendedLengths: 0x7fe00002,
  pixelData: 0x7fe00010,
} as const

/** Tags of an item of a sequence or of encapsulated pixels, and the ends of items and sequences of undefined length. */
export const delimiters = { item: 0xfffee000, itemEnd: 0xfffee00d, sequenceEnd: 0xfffee0dd } as const

export const wholeSlideClass = '1.2.840.10008.5.1.4.1.1.77.1.6'
