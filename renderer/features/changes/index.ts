export { default as ChangesSection } from './ChangesSection.vue'
