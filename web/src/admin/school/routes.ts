import { School } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'school',
    path: '/school',
    title: { zh: '学校设置', en: 'School' },
    permission: 'school.edit',
    component: () => import('./SchoolPage.vue'),
    nav: { group: 'school', order: 10, icon: School },
  },
  {
    name: 'meal-periods',
    path: '/school/meal-periods',
    title: { zh: '餐次', en: 'Meal periods' },
    permission: 'school.edit',
    component: () => import('./MealPeriodsPage.vue'),
    under: 'school',
  },
  {
    name: 'calendar',
    path: '/school/calendar',
    title: { zh: '校历', en: 'Calendar' },
    permission: 'school.edit',
    component: () => import('./CalendarPage.vue'),
    under: 'school',
  },
]
