export { default as FitnessDialog } from './FitnessDialog.vue'
export { useFitness } from './store.ts'
