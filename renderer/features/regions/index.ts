export { default as RegionOverlay } from './RegionOverlay.vue'
export { default as RegionList } from './RegionList.vue'
export { default as TissueSection } from './TissueSection.vue'
export { default as CountsTable } from './CountsTable.vue'
