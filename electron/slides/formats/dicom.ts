import { FailureError, message } from '../../contract/index.ts'
import { frameCodec } from '../dicom/codecs.ts'
import { otherFilesOfSeries } from '../dicom/folder.ts'
import { isDicom, readInstance, type Instance } from '../dicom/instance.ts'
import { dicomLevel } from '../dicom/level.ts'
import type { SlideFormat } from './format.ts'
import { checkImageSize } from '../source/memory.ts'
import type { AssociatedSource } from '../source/source.ts'

/**
 * Returns the images of a flavour, each as the files that it is split over, largest first. Of images with the same
 * width, only the first is used.
 */
function imagesOf(instances: readonly Instance[], flavour: string): Instance[][] {
  const images = new Map<string, Instance[]>()
  for (const instance of instances.filter((one) => one.flavour === flavour)) {
    const key = instance.concatenationUid || instance.file.path
    images.set(key, [...(images.get(key) ?? []), instance])
  }
  const sorted = [...images.values()].sort((a, b) => b[0].width - a[0].width)
  return sorted.filter((image, i) => i === 0 || image[0].width < sorted[i - 1][0].width)
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
      const levels = imagesOf(instances, 'VOLUME')
      if (levels.length === 0)
        throw new FailureError(
          'unsupported',
          message('pictureAlone', { file: file.name, flavour: chosen.flavour.toLowerCase() }),
        )
      const [base] = levels[0]
      levels.flat().forEach(frameCodec)
      const { focalPlanes, opticalPaths, profile } = base
      return {
        format: 'DICOM whole slide',
        reader: 'Karyon DICOM',
        mpp: base.mpp,
        levels: levels.map(dicomLevel),
        notices: [
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
