export { default as SlideViewer } from './SlideViewer.vue'
export { useViewer } from './store.ts'
export { levelFor, tilesUnder } from './levels.ts'
export { scaleOf, toStage, visibleRect, type ViewTransform } from './viewTransform.ts'
