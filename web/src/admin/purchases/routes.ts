import { List } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'purchases',
    path: '/purchases',
    title: { zh: '消费记录', en: 'Purchases' },
    permission: 'purchases.read',
    component: () => import('./PurchasesPage.vue'),
    nav: { group: 'today', order: 30, icon: List },
  },
  {
    name: 'purchase',
    path: '/purchases/:id',
    title: { zh: '消费详情', en: 'Purchase' },
    permission: 'purchases.read',
    component: () => import('./PurchasePage.vue'),
    under: 'purchases',
  },
]
