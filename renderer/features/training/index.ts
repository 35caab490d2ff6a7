export { default as TrainingPanel } from './TrainingPanel.vue'
export { useTraining } from './store.ts'
export { parentOf } from './lineage.ts'
