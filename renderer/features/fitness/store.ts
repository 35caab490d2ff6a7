import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { SlideFitness } from '../../../electron/contract/index.ts'
import { failureOf, host, useNotices, useProject } from '../../host/index.ts'
import { strings } from '../../strings.ts'

const noticeable = 700 // ms after which the page says that it is measuring

interface Question {
  readonly slideId: number
  /** Name of the slide. */
  readonly name: string
  readonly misfits: SlideFitness['misfits']
  readonly answer: (goesOn: boolean) => void
}

/** Before nuclei are found or classified: whether the slide is fit for it, or the reader goes on all the same. */
export const useFitness = defineStore('fitness', () => {
  const project = useProject()
  const notices = useNotices()
  const question = shallowRef<Question | null>(null)
  const measuring = new Set<number>()

  /** Returns what speaks against working on a slide and was not gone on with; nothing if it cannot be measured. */
  async function misfitsOf(slideId: number): Promise<SlideFitness['misfits']> {
    const timer = setTimeout(() => notices.say('info', strings.fitness.measuring), noticeable)
    try {
      return (await host.slides.fitness({ slideId })).misfits
    } catch (error) {
      // What keeps the slide from being measured also keeps the work from being done, which then says so itself.
      if (!failureOf(error)) notices.sayFailure(error)
      return []
    } finally {
      clearTimeout(timer)
    }
  }

  /** Resolves to true if the work may begin. Asks the reader where something speaks against it. */
  async function mayBegin(slideId: number): Promise<boolean> {
    if (measuring.has(slideId) || question.value) return false
    measuring.add(slideId)
    const misfits = await misfitsOf(slideId).finally(() => measuring.delete(slideId))
    if (misfits.length === 0) return true
    const name = project.slides.find(({ id }) => id === slideId)?.name ?? ''
    const goesOn = await new Promise<boolean>((answer) => (question.value = { slideId, name, misfits, answer }))
    question.value = null
    if (!goesOn) return false
    const findings = misfits.map(({ finding }) => finding.key)
    return (await notices.attempt(() => host.slides.goOnAnyway({ slideId, findings }))) !== undefined
  }

  const answer = (goesOn: boolean) => question.value?.answer(goesOn)

  return { question, mayBegin, misfitsOf, answer }
})
