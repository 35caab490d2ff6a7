export { default as AttentionControls } from './AttentionControls.vue'
export { default as AttentionOverlay } from './AttentionOverlay.vue'
export { useAttention } from './store.ts'
