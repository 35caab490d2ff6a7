import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { FinetuneMethod } from '../../../electron/contract/index.ts'
import { host, useNotices, useProject } from '../../host/index.ts'
import { withLosses, type LossHistory } from './lossHistory.ts'

/** Fine-tuning and the models it made. */
export const useTraining = defineStore('training', () => {
  const project = useProject()
  const notices = useNotices()
  const method = ref<FinetuneMethod>('head')
  const losses = shallowRef<LossHistory>(new Map())
  watch(
    () => project.jobs,
    (jobs) => (losses.value = withLosses(losses.value, jobs)),
    { immediate: true },
  )

  const labelled = computed(() => project.slides.reduce((sum, slide) => sum + slide.labelled, 0))
  /** The training under way, else the last one. */
  const job = computed(() => {
    const trainings = project.jobs.filter((j) => j.kind === 'finetune')
    return trainings.find((j) => j.state === 'running') ?? trainings.at(-1) ?? null
  })
  const running = computed(() => job.value?.state === 'running' || job.value?.state === 'waiting')

  const start = () => notices.attempt(() => host.training.start({ method: method.value }))
  const cancel = (jobId: number) => notices.attempt(() => host.jobs.cancel({ jobId }))
  const activate = (modelId: string) => notices.attempt(() => host.models.activate({ modelId }))

  return { method, losses, labelled, job, running, start, cancel, activate }
})
