import { Connection, CreditCard, RefreshLeft, SetUp } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'payment-orders',
    path: '/payment-orders',
    title: { zh: '支付单', en: 'Payment orders' },
    permission: 'payments.read',
    component: () => import('./OrdersPage.vue'),
    nav: { group: 'payments', order: 10, icon: CreditCard },
  },
  {
    name: 'payment-order',
    path: '/payment-orders/:id',
    title: { zh: '支付单详情', en: 'Payment order' },
    permission: 'payments.read',
    component: () => import('./OrderPage.vue'),
    under: 'payment-orders',
  },
  {
    name: 'refunds',
    path: '/refunds',
    title: { zh: '退款', en: 'Refunds' },
    permission: 'payments.read',
    component: () => import('./RefundsPage.vue'),
    nav: { group: 'payments', order: 20, icon: RefreshLeft },
  },
  {
    name: 'channel-accounts',
    path: '/channel-accounts',
    title: { zh: '支付渠道', en: 'Payment channels' },
    permission: 'payments.read',
    component: () => import('./AccountsPage.vue'),
    nav: { group: 'payments', order: 30, icon: Connection },
  },
  {
    name: 'payment-policy',
    path: '/payment-policy',
    title: { zh: '支付规则', en: 'Payment rules' },
    permission: 'payments.read',
    component: () => import('./PolicyPage.vue'),
    nav: { group: 'payments', order: 40, icon: SetUp },
  },
]
