import { Dish } from '@element-plus/icons-vue'
import type { Page } from '../page'

export const pages: Page[] = [
  {
    name: 'menu',
    path: '/menu',
    title: { zh: '菜品', en: 'Menu' },
    permission: 'menu.read',
    component: () => import('./MenuPage.vue'),
    nav: { group: 'canteen', order: 10, icon: Dish },
  },
  {
    name: 'menu-barcodes',
    path: '/menu/barcodes',
    title: { zh: '打印菜品条形码', en: 'Print barcodes' },
    permission: 'menu.read',
    component: () => import('./BarcodesPage.vue'),
    under: 'menu',
    bare: true,
  },
]
