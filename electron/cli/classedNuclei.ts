import { sayLeftOut, sayNotes } from './verb.ts'
import { classColours, unwrap, type ClassifiedNuclei, type Rect, type SlideInfo } from '../contract/index.ts'
import { readAnnotations } from '../formats/index.ts'
import type { Engine } from '../launch/engineClient.ts'
import { classifyNuclei, detectNuclei } from './nuclei.ts'

/** Nuclei with classes, and the source of the classes. */
export type ClassedNuclei = Pick<ClassifiedNuclei, 'nuclei' | 'classes' | 'classIndex'> & { readonly saidBy: string }

interface Asked {
  readonly slide: string
  readonly info: SlideInfo
  readonly mpp: number
  /** File with the nuclei; if absent, they are detected. */
  readonly file?: string
  /** Region in which nuclei are detected; the whole slide if absent. */
  readonly region?: Rect
  /** Model that classifies the nuclei if the file has no classes. If absent, they then stay without classes. */
  readonly classifier?: string
}

/** Reads a slide's nuclei from a file, or detects them. Their classes are the file's, else a model's, else none. */
export async function classedNuclei(engine: Engine, asked: Asked): Promise<ClassedNuclei> {
  const { slide, info, mpp, file, region, classifier } = asked
  const read = file === undefined ? undefined : unwrap(await readAnnotations(file, info))
  if (read) {
    sayLeftOut(file!, read.skipped)
    sayNotes(read.notes)
  }
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
