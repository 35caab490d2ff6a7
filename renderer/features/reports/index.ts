export { default as ReportsPanel } from './ReportsPanel.vue'
