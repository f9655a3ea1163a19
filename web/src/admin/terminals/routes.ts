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
    name: 'terminal-screen',
    path: '/terminals/screen',
    title: { zh: '终端画面与公告', en: 'Terminal screens' },
    permission: 'terminals.read',
    component: () => import('./ScreenPage.vue'),
    under: 'terminals',
  },
  {
    name: 'cashiers',
    path: '/terminals/cashiers',
    title: { zh: '收银员开班密码', en: 'Cashiers’ numbers' },
    permission: 'terminals.read',
    component: () => import('./CashiersPage.vue'),
    under: 'terminals',
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
