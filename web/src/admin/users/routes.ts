import { Key } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'users',
    path: '/users',
    title: { zh: '账号与权限', en: 'Users' },
    permission: 'users.manage',
    component: () => import('./UsersPage.vue'),
    nav: { group: 'school', order: 20, icon: Key },
  },
]
