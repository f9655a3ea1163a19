import { Memo } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'audit',
    path: '/audit',
    title: { zh: '操作记录', en: 'Audit trail' },
    permission: 'audit.read',
    component: () => import('./AuditPage.vue'),
    nav: { group: 'school', order: 30, icon: Memo },
  },
]
