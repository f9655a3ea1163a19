import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'inbox',
    path: '/inbox',
    title: { zh: '消息', en: 'Messages' },
    component: () => import('./InboxPage.vue'),
    tab: 'inbox',
  },
  {
    name: 'preferences',
    path: '/preferences',
    title: { zh: '消息设置', en: 'Message settings' },
    component: () => import('./PreferencesPage.vue'),
    up: '/me',
  },
]
