import type { Page } from '../page'

const page = (name: string, path: string, zh: string, en: string, component: Page['component']): Page => ({
  name,
  path: `/children/:binding/${path}`,
  title: { zh, en },
  component,
  up: '/me',
})

export const pages: Page[] = [
  page('child', 'about', '孩子', 'Child', () => import('./ChildPage.vue')),
  page('control', 'control', '冻结与挂失', 'Freeze and lost', () => import('./FreezePage.vue')),
  page('limits', 'limits', '限额与忌口', 'Limits', () => import('./LimitsPage.vue')),
  page('guardians', 'guardians', '监护人', 'Guardians', () => import('./GuardiansPage.vue')),
  page('consents', 'consents', '授权同意', 'Consents', () => import('./ConsentsPage.vue')),
  page('data-reports', 'data-reports', '信息有误', 'Wrong data', () => import('./DataReportsPage.vue')),
  page('unbind', 'unbind', '解除绑定', 'Unbind', () => import('./UnbindPage.vue')),
]
