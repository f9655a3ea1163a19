import { Connection } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'readers',
    path: '/readers',
    title: { zh: '终端与闸机接入', en: 'Readers' },
    permission: 'credentials.manage',
    component: () => import('./ReadersPage.vue'),
    nav: { group: 'school', order: 35, icon: Connection },
  },
]
