import { createApp } from 'vue'
import App from '@/counter/App.vue'
import '@/shared/tokens.css'
import '@/counter/counter.css'

createApp(App).mount('#app')
