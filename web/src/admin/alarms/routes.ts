import { WarnTriangleFilled } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'copy-alarms',
    path: '/copy-alarms',
    title: { zh: '复制码报警', en: 'Copy alarms' },
    permission: 'credentials.read',
    component: () => import('./AlarmsPage.vue'),
    nav: { group: 'people', order: 24, icon: WarnTriangleFilled },
  },
]
