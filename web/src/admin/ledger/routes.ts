import { Notebook } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'ledger',
    path: '/ledger',
    title: { zh: '账本', en: 'Ledger' },
    permission: 'ledger.read',
    component: () => import('./DaysPage.vue'),
    nav: { group: 'money', order: 40, icon: Notebook },
  },
  {
    name: 'ledger-day',
    path: '/ledger/days/:day',
    title: { zh: '一天的分录', en: 'Entries of a day' },
    permission: 'ledger.read',
    component: () => import('./DayPage.vue'),
    under: 'ledger',
  },
  {
    name: 'ledger-accounts',
    path: '/ledger/accounts',
    title: { zh: '科目余额', en: 'Trial balance' },
    permission: 'ledger.read',
    component: () => import('./TrialPage.vue'),
    under: 'ledger',
  },
  {
    name: 'ledger-verify',
    path: '/ledger/verify',
    title: { zh: '核对与导出', en: 'Verify and export' },
    permission: 'ledger.read',
    component: () => import('./VerifyPage.vue'),
    under: 'ledger',
  },
]
