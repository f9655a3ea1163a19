import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'bind',
    path: '/bind',
    title: { zh: '绑定孩子', en: 'Bind a child' },
    component: () => import('./BindPage.vue'),
    up: '/',
  },
  {
    name: 'bind-ask',
    path: '/bind/ask',
    title: { zh: '请学校审批', en: 'Ask the school' },
    component: () => import('./AskPage.vue'),
    up: '/bind',
  },
  {
    name: 'bind-state',
    path: '/bind/:binding',
    title: { zh: '绑定申请', en: 'Binding' },
    component: () => import('./StatePage.vue'),
    up: '/',
  },
]
