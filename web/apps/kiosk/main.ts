// The two screens of a terminal. Each one loads only its own half.
import { createApp } from 'vue'
import '@/shared/tokens.css'
import '@/kiosk/kiosk.css'

if (location.pathname.startsWith('/customer')) {
  void import('@/kiosk/customer/CustomerScreen.vue').then((screen) => createApp(screen.default).mount('#app'))
} else {
  void import('@/kiosk/operator/OperatorScreen.vue').then((screen) => createApp(screen.default).mount('#app'))
}
