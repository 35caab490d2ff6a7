export { default as SettingsDialog } from './SettingsDialog.vue'
export { useSettings } from './store.ts'
