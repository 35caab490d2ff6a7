export { default as GuideCard } from './GuideCard.vue'
