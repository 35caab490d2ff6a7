import './browserLanguage.ts'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { useSettings } from './features/settings/index.ts'
import './theme.css'

const app = createApp(App).use(createPinia())
// The settings first, so that the page does not appear in one language and theme and then change to another.
void useSettings()
  .load()
  .finally(() => app.mount('#app'))
