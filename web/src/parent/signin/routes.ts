import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'sign-in',
    path: '/sign-in',
    title: { zh: '登录', en: 'Sign in' },
    component: () => import('./SignInPage.vue'),
    open: true,
  },
  {
    name: 'guide',
    path: '/guide',
    title: { zh: '使用指引', en: 'How it works' },
    component: () => import('./GuidePage.vue'),
    up: '/',
  },
]
