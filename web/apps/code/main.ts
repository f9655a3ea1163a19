import { createApp } from 'vue'
import '@/shared/tokens.css'
import '@/code/code.css'
import App from '@/code/App.vue'

createApp(App).mount('#app')
// The shell is kept for canteens without a network. A browser that can't keep it still shows codes where there is one.
void navigator.serviceWorker?.register('/code/sw.js', { scope: '/code/' }).catch(() => {})
