import { DataBoard } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'overview',
    path: '/',
    title: { zh: '概览', en: 'Overview' },
    permission: null,
    component: () => import('./OverviewPage.vue'),
    nav: { group: 'today', order: 10, icon: DataBoard },
  },
]
