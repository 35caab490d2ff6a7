export { default as FilmStrip } from './FilmStrip.vue'
export { default as Gallery } from './Gallery.vue'
export { default as ReadersSection } from './ReadersSection.vue'
export { useReviewKeys } from './useReviewKeys.ts'
