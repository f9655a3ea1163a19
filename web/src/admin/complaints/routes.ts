import { ChatDotSquare } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'complaints',
    path: '/complaints',
    title: { zh: '投诉', en: 'Complaints' },
    permission: 'complaints.answer',
    component: () => import('./ComplaintsPage.vue'),
    nav: { group: 'guardians', order: 20, icon: ChatDotSquare },
  },
  {
    name: 'complaint',
    path: '/complaints/:id',
    title: { zh: '投诉', en: 'Complaint' },
    permission: 'complaints.answer',
    component: () => import('./ComplaintPage.vue'),
    under: 'complaints',
  },
]
