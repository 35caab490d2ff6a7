export { default as TrainingPanel } from './TrainingPanel.vue'
export { default as LiveLearning } from './LiveLearning.vue'
export { useTraining } from './store.ts'
export { parentOf } from './lineage.ts'
