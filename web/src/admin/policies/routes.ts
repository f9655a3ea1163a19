import { Setting } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'policies',
    path: '/policies',
    title: { zh: '消费规则', en: 'Policies' },
    permission: 'policies.read',
    component: () => import('./PolicyPage.vue'),
    nav: { group: 'canteen', order: 30, icon: Setting },
  },
  {
    name: 'person-limits',
    path: '/people/:id/limits',
    title: { zh: '个人限额', en: 'Limits of a person' },
    permission: 'policies.read',
    component: () => import('./OwnLimitsPage.vue'),
    under: 'policies',
  },
  {
    name: 'class-limits',
    path: '/classes/:id/limits',
    title: { zh: '班级限额', en: 'Limits of a class' },
    permission: 'policies.read',
    component: () => import('./OwnLimitsPage.vue'),
    under: 'policies',
  },
]
