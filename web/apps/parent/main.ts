import { createApp } from 'vue'
import 'vant/es/style/base.css'
import '@/shared/tokens.css'
import '@/parent/parent.css'
import '@/parent/parts.css'
import '@/parent/elder.css'
import App from '@/parent/App.vue'
import { router } from '@/parent/router'
import { ready } from '@/parent/words'

// English is a file of its own: whoever reads English waits for it, so that no page begins in Chinese.
void ready.finally(() => createApp(App).use(router).mount('#app'))
// The shell is kept, so that the app opens at once and can say that there is no network; messages arrive through it.
void navigator.serviceWorker?.register('/parent/sw.js', { scope: '/parent/' }).catch(() => {})
