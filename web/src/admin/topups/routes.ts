import { Money, Tickets } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'cash-desk',
    path: '/cash-desk',
    title: { zh: '现金充值', en: 'Cash desk' },
    permission: 'topups.make',
    component: () => import('./CashDeskPage.vue'),
    nav: { group: 'money', order: 10, icon: Money },
  },
  {
    name: 'topups',
    path: '/topups',
    title: { zh: '充值记录', en: 'Top-ups' },
    permission: 'topups.read',
    component: () => import('./TopupsPage.vue'),
    nav: { group: 'money', order: 20, icon: Tickets },
  },
  {
    name: 'topup-receipt',
    path: '/topups/:id/receipt',
    title: { zh: '充值收据', en: 'Top-up receipt' },
    permission: 'topups.read',
    component: () => import('./ReceiptPage.vue'),
    bare: true,
  },
]
