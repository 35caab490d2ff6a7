import { message } from '../../contract/index.ts'
import { featureWidth } from '../../../models/nucleusVit/config.ts'
import { tokenMap } from '../../../models/embedding/tokenMap.ts'
import type { Handler } from '../handler.ts'
import { encoderNetwork, someNuclei, tokensOf } from '../encode/tokens.ts'

/** Shares of the progress for encoding and layout, percent. */
const [encoding, layingOut] = [70, 30]

/** Lays out nuclei on a plane map by their tokens. Can be cancelled between crops and during the layout. */
export const embed: Handler<'embed'> = async ({ model, slides, landmarks, seed }, context) => {
  const started = performance.now()
  someNuclei(slides, message('whatMap'))
  const network = await encoderNetwork(model, seed)
  const width = featureWidth(network.config)
  const tokens = new Float32Array(width * slides.reduce((n, { nuclei }) => n + nuclei.count, 0))
  let at = 0
  for (const [s, slide] of slides.entries()) {
    if (slide.nuclei.count === 0) continue
    const rows = await tokensOf(slide, network, async (done, of) => {
      await context.breathe()
      context.progress({ done: (encoding * (s + done / of)) / slides.length, of: encoding + layingOut })
    })
    tokens.set(rows, at)
    at += rows.length
  }
  const work = tokenMap(tokens, width, { seed, landmarks })
  for (;;) {
    const step = work.next()
    if (step.done) return { ...step.value, seconds: (performance.now() - started) / 1000 }
    context.progress({ done: encoding + layingOut * step.value, of: encoding + layingOut })
    await context.breathe()
  }
}
