import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'purchases',
    path: '/purchases',
    title: { zh: '消费', en: 'Purchases' },
    component: () => import('./PurchasesPage.vue'),
    tab: 'purchases',
  },
  {
    name: 'purchase',
    path: '/children/:binding/purchases/:purchase',
    title: { zh: '消费详情', en: 'Purchase' },
    component: () => import('./PurchasePage.vue'),
    up: '/purchases',
  },
  {
    name: 'complain',
    path: '/children/:binding/purchases/:purchase/complaint',
    title: { zh: '有疑问', en: 'Something is wrong' },
    component: () => import('./ComplainPage.vue'),
    up: '/purchases',
  },
  {
    name: 'complaints',
    path: '/children/:binding/complaints',
    title: { zh: '我的疑问', en: 'My questions' },
    component: () => import('./ComplaintsPage.vue'),
    up: '/purchases',
  },
  {
    name: 'calendar',
    path: '/children/:binding/calendar',
    title: { zh: '就餐日历', en: 'Meal calendar' },
    component: () => import('./CalendarPage.vue'),
    up: '/purchases',
  },
  {
    name: 'statement',
    path: '/children/:binding/statement',
    title: { zh: '账户明细', en: 'Statement' },
    component: () => import('./StatementPage.vue'),
    up: '/purchases',
  },
  {
    name: 'year',
    path: '/children/:binding/year',
    title: { zh: '年度小结', en: 'Year' },
    component: () => import('./YearPage.vue'),
    up: '/purchases',
  },
]
