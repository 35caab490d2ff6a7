export { default as EmbeddingMap } from './EmbeddingMap.vue'
export { useEmbedding } from './store.ts'
