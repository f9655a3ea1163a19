import { Message } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'notices',
    path: '/notices',
    title: { zh: '消息', en: 'Messages' },
    permission: 'notices.read',
    component: () => import('./NoticesPage.vue'),
    nav: { group: 'guardians', order: 30, icon: Message },
  },
  {
    name: 'notice-templates',
    path: '/notices/templates',
    title: { zh: '消息模板', en: 'Texts of messages' },
    permission: 'notices.read',
    component: () => import('./TemplatesPage.vue'),
    under: 'notices',
  },
  {
    name: 'notice-channels',
    path: '/notices/channels',
    title: { zh: '消息渠道', en: 'Message channels' },
    permission: 'notices.read',
    component: () => import('./ChannelsPage.vue'),
    under: 'notices',
  },
  {
    name: 'my-notices',
    path: '/my-notices',
    title: { zh: '我的消息', en: 'My messages' },
    permission: null,
    component: () => import('./MinePage.vue'),
  },
]
