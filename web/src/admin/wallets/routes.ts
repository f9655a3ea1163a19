import { Wallet } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'accounts',
    path: '/accounts',
    title: { zh: '账户查询', en: 'Accounts' },
    permission: 'wallets.read',
    component: () => import('./AccountsPage.vue'),
    nav: { group: 'money', order: 30, icon: Wallet },
  },
  {
    name: 'person-account',
    path: '/people/:id/account',
    title: { zh: '个人账户', en: 'Account' },
    permission: 'wallets.read',
    component: () => import('./AccountPage.vue'),
    under: 'accounts',
  },
]
