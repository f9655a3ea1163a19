import { Odometer } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'health',
    path: '/health',
    title: { zh: '系统状态', en: 'Health' },
    permission: 'operate',
    component: () => import('./HealthPage.vue'),
    nav: { group: 'school', order: 40, icon: Odometer },
  },
]
