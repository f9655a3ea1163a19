import { Connection, EditPen, Tickets } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'bindings',
    path: '/bindings',
    title: { zh: '绑定', en: 'Bindings' },
    permission: 'bindings.read',
    component: () => import('./BindingsPage.vue'),
    nav: { group: 'guardians', order: 10, icon: Connection },
  },
  {
    name: 'binding-codes',
    path: '/binding-codes',
    title: { zh: '绑定码', en: 'Binding codes' },
    permission: 'bindings.manage',
    component: () => import('./CodesPage.vue'),
    nav: { group: 'guardians', order: 12, icon: Tickets },
  },
  {
    name: 'binding-codes-print',
    path: '/binding-codes/print',
    title: { zh: '打印绑定码', en: 'Print binding codes' },
    permission: 'bindings.manage',
    component: () => import('./PapersPage.vue'),
    under: 'binding-codes',
    bare: true,
  },
  {
    name: 'data-reports',
    path: '/data-reports',
    title: { zh: '信息更正', en: 'Data reports' },
    permission: 'bindings.read',
    component: () => import('./ReportsPage.vue'),
    nav: { group: 'guardians', order: 14, icon: EditPen },
  },
]
