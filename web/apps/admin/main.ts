import { createApp } from 'vue'
import 'element-plus/theme-chalk/base.css'
import '@/shared/tokens.css'
import '@/admin/admin.css'
import '@/admin/parts.css'
import App from '@/admin/App.vue'
import { router } from '@/admin/router'
import { leaveWhenOver } from '@/shared/session'

leaveWhenOver()
createApp(App).use(router).mount('#app')
