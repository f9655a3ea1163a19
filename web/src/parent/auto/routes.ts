import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'auto-topup',
    path: '/children/:binding/auto-topup',
    title: { zh: '自动充值', en: 'Automatic top-up' },
    component: () => import('./AutoPage.vue'),
    up: '/',
  },
]
