import { message } from '../../contract/index.ts'
import type { ProjectContext } from '../state/context.ts'
import { callEngine } from './callEngine.ts'
import { noNuclei } from './classifyJob.ts'
import type { JobWork } from '../state/jobQueue.ts'
import type { KnownModel } from '../state/models.ts'
import { tokenFile } from '../state/paths.ts'

/**
 * Number of nuclei laid out against each other. On larger slides, the others are placed between them, and the page says
 * so.
 */
const landmarks = 5000
/** A fixed seed gives the same map for the same nuclei and model every time. */
const seed = 1

/**
 * Makes a map of a slide's nuclei from the tokens that a model gives them. The map is kept until the project closes.
 */
export function embedWork(context: ProjectContext, slideId: number, model: KnownModel): JobWork {
  return async (job) => {
    const nuclei = context.project.nuclei.of(slideId)
    if (nuclei.count === 0) throw noNuclei()
    const nucleiVersion = context.project.nuclei.version(slideId)
    const source = { ...context.slides.forEngine(slideId), nuclei, tokens: tokenFile(context.project.path, slideId) }
    const params = { model: model.folder, slides: [source], landmarks, seed }
    const result = await callEngine(context.engine, 'embed', params, job.signal, (progress) => job.update(progress))
    if (result.places.length !== 2 * nuclei.count)
      throw new Error(`The engine sent ${result.places.length / 2} places for ${nuclei.count} nuclei.`)
    context.maps.set(slideId, {
      map: { id: nuclei.id, places: result.places },
      summary: {
        version: (context.maps.get(slideId)?.summary.version ?? 0) + 1,
        modelTitle: model.title,
        nucleiVersion,
        nuclei: nuclei.count,
        landmarks: result.landmarks.length,
      },
    })
    context.announcer.changed()
    return message('mapped', { nuclei: nuclei.count, seconds: result.seconds })
  }
}
