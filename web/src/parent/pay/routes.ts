import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'topup',
    path: '/children/:binding/topup',
    title: { zh: '充值', en: 'Top up' },
    component: () => import('./TopupPage.vue'),
    up: '/',
  },
  {
    name: 'payment-orders',
    path: '/children/:binding/payment-orders',
    title: { zh: '充值记录', en: 'My payments' },
    component: () => import('./OrdersPage.vue'),
    up: '/',
  },
  {
    name: 'payment-order',
    path: '/children/:binding/payment-orders/:order',
    title: { zh: '充值结果', en: 'Result' },
    component: () => import('./OrderPage.vue'),
    up: '/',
  },
  {
    // Where channels send the payer's browser back to: they know the order, not whose child it is for.
    name: 'paid',
    path: '/paid/:order',
    title: { zh: '充值结果', en: 'Result' },
    component: () => import('./PaidPage.vue'),
    up: '/',
  },
  {
    name: 'transfer',
    path: '/children/:binding/transfer',
    title: { zh: '转给兄弟姐妹', en: 'Move to a sibling' },
    component: () => import('./TransferPage.vue'),
    up: '/me',
  },
]
