import { TrendCharts } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'sales',
    path: '/sales',
    title: { zh: '实时营业', en: 'Live sales' },
    permission: 'sales.read',
    component: () => import('./SalesPage.vue'),
    nav: { group: 'today', order: 20, icon: TrendCharts },
  },
]
