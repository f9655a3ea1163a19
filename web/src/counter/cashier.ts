// The cashier's page from its start.
import { createApp } from 'vue'
import { leaveWhenOver } from '@/shared/session'
import App from './App.vue'
import '@/shared/dark.css'
import './counter.css'
import './till.css'
import './result.css'

export function start() {
  leaveWhenOver()
  createApp(App).mount('#app')
}
