import { sayLeftOut } from './verb.ts'
import { classColours, unwrap, type ClassifiedNuclei, type Rect, type SlideInfo } from '../contract/index.ts'
import { readAnnotations } from '../formats/index.ts'
import type { Engine } from '../launch/engineClient.ts'
import { classifyNuclei, detectNuclei } from './nuclei.ts'

/** Nuclei with classes, and who says them. */
export type ClassedNuclei = Pick<ClassifiedNuclei, 'nuclei' | 'classes' | 'classIndex'> & { readonly saidBy: string }

interface Asked {
  readonly slide: string
  readonly info: SlideInfo
  readonly mpp: number
  /** Nuclei of this file instead of found ones. */
  readonly file?: string
  /** Found only here. */
  readonly region?: Rect
  /** Says the classes where the file does not; absent: nobody does. */
  readonly classifier?: string
}

/** A slide's nuclei from a file or found, with the file's classes, else a model's, else none. */
export async function classedNuclei(engine: Engine, asked: Asked): Promise<ClassedNuclei> {
  const { slide, info, mpp, file, region, classifier } = asked
  const read = file === undefined ? undefined : unwrap(await readAnnotations(file, info))
  if (read) sayLeftOut(file!, read.skipped)
  if (read?.classified.classIndex.some((c) => c >= 0)) return { ...read.classified, saidBy: 'the nuclei file' }
  const nuclei = read?.classified.nuclei ?? (await detectNuclei(engine, slide, mpp, { region }))
  if (classifier === undefined || nuclei.count === 0)
    return { nuclei, classes: [], classIndex: new Int16Array(nuclei.count).fill(-1), saidBy: 'nobody' }
  const { classes, classIndex } = await classifyNuclei(engine, slide, mpp, nuclei, classifier)
  return {
    nuclei,
    classes: classes.map((name, i) => ({ name, color: classColours[i % classColours.length] })),
    classIndex,
    saidBy: 'the model',
  }
}
