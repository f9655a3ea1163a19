import { CircleCheck, Postcard } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'codes',
    path: '/codes',
    title: { zh: '个人码', en: 'Codes' },
    permission: 'credentials.read',
    component: () => import('./CodesPage.vue'),
    nav: { group: 'people', order: 20, icon: Postcard },
  },
  {
    name: 'codes-check',
    path: '/codes/check',
    title: { zh: '验码', en: 'Check a code' },
    permission: 'credentials.read',
    component: () => import('./CheckPage.vue'),
    nav: { group: 'people', order: 22, icon: CircleCheck },
  },
  {
    name: 'codes-print',
    path: '/codes/print',
    title: { zh: '打印个人码', en: 'Print codes' },
    permission: 'credentials.manage',
    component: () => import('./PrintPage.vue'),
    under: 'codes',
    bare: true,
  },
]
