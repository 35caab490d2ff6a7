export { default as NucleiOverlay } from './NucleiOverlay.vue'
export { default as ClassLegend } from './ClassLegend.vue'
export { useNuclei } from './store.ts'
export { unclassified } from './unclassified.ts'
