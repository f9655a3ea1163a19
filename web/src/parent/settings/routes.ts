import type { Page } from '../page'

export const pages: Page[] = [
  { name: 'me', path: '/me', title: { zh: '我的', en: 'Me' }, component: () => import('./MePage.vue'), tab: 'me' },
  {
    name: 'settings',
    path: '/settings',
    title: { zh: '设置', en: 'Settings' },
    component: () => import('./SettingsPage.vue'),
    up: '/me',
  },
  {
    name: 'help',
    path: '/help',
    title: { zh: '帮助', en: 'Help' },
    component: () => import('./HelpPage.vue'),
    up: '/me',
    open: true,
  },
]
