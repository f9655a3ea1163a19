import type { Page } from '../page'
import HomePage from './HomePage.vue'

export const pages: Page[] = [
  {
    name: 'home',
    path: '/',
    title: { zh: '一通家长', en: 'Yitong Parents' },
    // What everybody opens first comes with the frame, in one request.
    component: () => Promise.resolve(HomePage),
    tab: 'home',
  },
]
