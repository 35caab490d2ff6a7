import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { FinetuneMethod, HoldOut, Job, PretrainingStart } from '../../../electron/contract/index.ts'
import { host, useNotices, useProject } from '../../host/index.ts'

/** State of fine-tuning and pretraining, and the use of their models. */
export const useTraining = defineStore('training', () => {
  const project = useProject()
  const notices = useNotices()
  const method = ref<FinetuneMethod>('head')

  const labelled = computed(() => project.slides.reduce((sum, slide) => sum + slide.labelled, 0))
  /** Returns the running job of a kind, else the last one. */
  const latest = (kind: Job['kind']) =>
    computed(() => {
      const jobs = project.jobs.filter((j) => j.kind === kind)
      return jobs.find((j) => j.state === 'running') ?? jobs.at(-1) ?? null
    })
  const job = latest('finetune')
  const pretraining = latest('pretrain')
  const isRunning = (j: Job | null) => j?.state === 'running' || j?.state === 'waiting'
  const running = computed(() => isRunning(job.value))
  const isPretraining = computed(() => isRunning(pretraining.value))
  const nuclei = computed(() => project.slides.reduce((sum, slide) => sum + slide.nuclei - slide.outside, 0))
  const minutes = ref(30)
  const pretrainingStart = ref<PretrainingStart>('model-in-use')

  const holdOutKind = ref<HoldOut['kind']>('auto')
  /** Slides that the user leaves out, if the user chooses. */
  const leftOut = ref<number[]>([])
  /** null while the user has still to choose a slide. */
  const holdOut = computed((): HoldOut | null => {
    if (holdOutKind.value !== 'slides') return { kind: holdOutKind.value }
    return leftOut.value.length > 0 ? { kind: 'slides', slideIds: [...leftOut.value] } : null
  })
  const start = () =>
    notices.attempt(async () => {
      if (holdOut.value) await host.training.start({ method: method.value, holdOut: holdOut.value })
    })
  const pretrain = () =>
    notices.attempt(() => host.training.pretrain({ minutes: minutes.value, start: pretrainingStart.value }))
  const cancel = (jobId: number) => notices.attempt(() => host.jobs.cancel({ jobId }))
  const activate = (modelId: string) => notices.attempt(() => host.models.activate({ modelId }))

  return {
    method,
    labelled,
    nuclei,
    job,
    running,
    holdOutKind,
    leftOut,
    holdOut,
    start,
    minutes,
    pretrainingStart,
    pretraining,
    isPretraining,
    pretrain,
    cancel,
    activate,
  }
})
