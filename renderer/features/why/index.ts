export { default as WhySection } from './WhySection.vue'
export { useWhy } from './store.ts'
