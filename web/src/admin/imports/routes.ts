import { Switch, UploadFilled } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'import',
    path: '/import',
    title: { zh: '导入名单', en: 'Import' },
    permission: 'people.import',
    component: () => import('./ImportPage.vue'),
    nav: { group: 'people', order: 30, icon: UploadFilled },
  },
  {
    name: 'plan',
    path: '/import/:id',
    title: { zh: '导入方案', en: 'Plan' },
    permission: 'people.import',
    component: () => import('./PlanPage.vue'),
    under: 'import',
  },
  {
    name: 'moves',
    path: '/moves',
    title: { zh: '升级与异动', en: 'Moves' },
    permission: 'people.import',
    component: () => import('./MovesPage.vue'),
    nav: { group: 'people', order: 40, icon: Switch },
  },
]
