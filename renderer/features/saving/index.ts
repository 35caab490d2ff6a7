export { default as UnsavedNotice } from './UnsavedNotice.vue'
export { useSaving } from './store.ts'
