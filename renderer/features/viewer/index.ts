export { default as SlideViewer } from './SlideViewer.vue'
export { useViewer } from './store.ts'
export { levelFor, tilesUnder } from './levels.ts'
export { clickTravel } from './click.ts'
export {
  directionOnSlide,
  inView,
  scaleOf,
  stageOnSlide,
  toSlide,
  toStage,
  visibleRect,
  type ViewTransform,
} from './viewTransform.ts'
