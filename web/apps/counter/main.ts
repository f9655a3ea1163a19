import { createApp } from 'vue'
import '@/shared/tokens.css'

// The customer's screen is a window of its own that asks the server nothing.
if (new URLSearchParams(location.search).get('screen') === 'customer') {
  void import('@/counter/CustomerScreen.vue').then((screen) => createApp(screen.default).mount('#app'))
} else {
  void import('@/counter/cashier').then((cashier) => cashier.start())
}
