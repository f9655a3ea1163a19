import { School, User } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'people',
    path: '/people',
    title: { zh: '人员', en: 'People' },
    permission: 'people.read',
    component: () => import('./PeoplePage.vue'),
    nav: { group: 'people', order: 10, icon: User },
  },
  {
    name: 'person',
    path: '/people/:id',
    title: { zh: '人员', en: 'Person' },
    permission: 'people.read',
    component: () => import('./PersonPage.vue'),
    under: 'people',
  },
  {
    name: 'classes',
    path: '/classes',
    title: { zh: '班级', en: 'Classes' },
    permission: 'people.read',
    component: () => import('./ClassesPage.vue'),
    nav: { group: 'people', order: 20, icon: School },
  },
]
