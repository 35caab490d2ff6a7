import { FailureError, message, type Message } from '../../contract/index.ts'
import { frameCodec } from '../dicom/codecs.ts'
import { otherFilesOfSeries } from '../dicom/folder.ts'
import { isDicom, readInstance, type Instance } from '../dicom/instance.ts'
import { dicomLevel } from '../dicom/level.ts'
import type { SlideFormat } from './format.ts'
import { levelFactor, type LevelFactor } from '../source/levelFactor.ts'
import { croppedLevel, withSmallTiles } from '../source/levelShape.ts'
import { checkImageSize } from '../source/memory.ts'
import type { AssociatedSource } from '../source/source.ts'

/**
 * Returns the images of a flavour, each as the files that it is split over, largest first. Of images of the same size
 * only the first is used.
 */
function imagesOf(instances: readonly Instance[], flavour: string): Instance[][] {
  const images = new Map<string, Instance[]>()
  for (const instance of instances.filter((one) => one.flavour === flavour)) {
    const key = instance.concatenationUid || instance.file.path
    images.set(key, [...(images.get(key) ?? []), instance])
  }
  const area = ([{ width, height }]: Instance[]) => width * height
  const sorted = [...images.values()].sort((a, b) => area(b) - area(a))
  return sorted.filter((image, i) => i === 0 || area(image) < area(sorted[i - 1]))
}

interface VolumeLevel {
  readonly image: Instance[]
  readonly fit: LevelFactor
}

/**
 * Returns the levels of the volume images. Some scanners pad the lower ones to whole tiles: then their pixel spacing
 * gives the factor. What lies outside the slide is cut off, and levels that end before the slide does are left out.
 */
function volumeLevels(images: readonly Instance[][]): { levels: VolumeLevel[]; notices: Message[] } {
  const [[base]] = images
  const levels: VolumeLevel[] = [
    { image: images[0], fit: { factor: 1, width: base.width, height: base.height, isWhole: true } },
  ]
  let padded = 0
  let cut = 0
  for (const image of images.slice(1)) {
    const above = levels[levels.length - 1].fit
    const [first] = image
    const stated = base.mpp && first.mpp ? (first.mpp.x / base.mpp.x + first.mpp.y / base.mpp.y) / 2 : null
    const fit = levelFactor(base, first, stated, above.factor)
    if (!fit || fit.factor <= above.factor * 1.01) continue
    if (!fit.isWhole) cut++
    else {
      if (fit.width < first.width || fit.height < first.height) padded++
      levels.push({ image, fit })
    }
  }
  return {
    levels,
    notices: [
      ...(padded > 0 ? [message('levelsPadded', { levels: padded })] : []),
      ...(cut > 0 ? [message('levelsCut', { levels: cut })] : []),
    ],
  }
}

const pictures = { LABEL: 'label', OVERVIEW: 'macro', THUMBNAIL: 'thumbnail' } as const

/** Returns the associated images that consist of a single frame. */
function associatedPictures(instances: readonly Instance[]): AssociatedSource[] {
  return Object.entries(pictures).flatMap(([flavour, name]) => {
    const [image] = imagesOf(instances, flavour)
    if (!image || image[0].width > image[0].tileWidth || image[0].height > image[0].tileHeight) return []
    const { width, height, file } = image[0]
    return {
      name,
      width,
      height,
      async decode() {
        checkImageSize(file.name, width, height)
        return dicomLevel(image, 0).decode(0, 0)
      },
    }
  })
}

/** DICOM VL Whole Slide Microscopy: all files of a series in one folder. Its volume images are the levels. */
export const dicom: SlideFormat = {
  name: 'DICOM',
  extensions: ['.dcm'],
  decline: (file) => (isDicom(file.head) ? null : message('declinedBytes', { format: 'DICOM file' })),
  async open(file) {
    const chosen = await readInstance(file)
    if (!chosen)
      throw new FailureError(
        'unsupported',
        message('unsupportedFile', { file: file.name, kind: 'DICOM', why: message('noWholeSlide') }),
      )
    const instances = [chosen, ...(await otherFilesOfSeries(chosen))]
    const close = async () => {
      await Promise.all(instances.map((one) => one.file.close()))
    }
    try {
      const volumes = imagesOf(instances, 'VOLUME')
      if (volumes.length === 0)
        throw new FailureError(
          'unsupported',
          message('pictureAlone', { file: file.name, flavour: chosen.flavour.toLowerCase() }),
        )
      const [base] = volumes[0]
      const { levels, notices } = volumeLevels(volumes)
      levels.forEach(({ image }) => image.forEach(frameCodec))
      const { focalPlanes, opticalPaths, profile } = base
      return {
        format: 'DICOM whole slide',
        reader: 'Karyon DICOM',
        mpp: base.mpp,
        levels: levels.map(({ image, fit }, i) =>
          withSmallTiles(croppedLevel({ ...dicomLevel(image, i), downsample: fit.factor }, fit.width, fit.height)),
        ),
        notices: [
          ...notices,
          ...(focalPlanes > 1 ? [message('middlePlane', { planes: focalPlanes })] : []),
          ...(opticalPaths > 1 ? [message('firstPath', { paths: opticalPaths })] : []),
        ],
        associated: associatedPictures(instances),
        profile: profile?.length ? await base.file.read(profile.offset, profile.length, message('partProfile')) : null,
        close,
      }
    } catch (error) {
      await close()
      throw error
    }
  },
}
