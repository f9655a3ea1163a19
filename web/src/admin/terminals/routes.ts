import { Money, Monitor } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'terminals',
    path: '/terminals',
    title: { zh: '终端', en: 'Terminals' },
    permission: 'terminals.read',
    component: () => import('./TerminalsPage.vue'),
    nav: { group: 'canteen', order: 30, icon: Monitor },
  },
  {
    name: 'terminal',
    path: '/terminals/:id',
    title: { zh: '终端', en: 'Terminal' },
    permission: 'terminals.read',
    component: () => import('./TerminalPage.vue'),
    under: 'terminals',
  },
  {
    name: 'terminal-lending',
    path: '/terminal-lending',
    title: { zh: '离线额度', en: 'Offline allowance' },
    permission: 'terminals.read',
    component: () => import('./LendingPage.vue'),
    nav: { group: 'money', order: 60, icon: Money },
  },
]
