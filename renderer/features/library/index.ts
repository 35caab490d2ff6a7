export { default as LibraryRail } from './LibraryRail.vue'
export { default as NextStep } from './NextStep.vue'
export { default as SlideChooser } from './SlideChooser.vue'
export { useLibrary } from './store.ts'
