export { default as EngineNotice } from './EngineNotice.vue'
