export { default as NucleiOverlay } from './overlay/NucleiOverlay.vue'
export { default as ClassLegend } from './classes/ClassLegend.vue'
export { useNuclei } from './store.ts'
export { unclassified } from './classes/unclassified.ts'
