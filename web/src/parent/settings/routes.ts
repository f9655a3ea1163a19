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
    name: 'erase',
    path: '/settings/erase',
    title: { zh: '注销账号', en: 'Erase my account' },
    component: () => import('./ErasePage.vue'),
    up: '/settings',
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
