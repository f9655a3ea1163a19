// Every slice brings its pages in its own routes.ts; nothing here names one.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import type { Page } from './page'

const found = import.meta.glob<{ pages: Page[] }>('./*/routes.ts', { eager: true })
export const pages: Page[] = Object.values(found).flatMap((slice) => slice.pages)

declare module 'vue-router' {
  interface RouteMeta {
    page?: Page
  }
}

const routes = pages.map(
  (page) => ({ name: page.name, path: page.path, component: page.component, meta: { page } }) as RouteRecordRaw,
)

export const router = createRouter({
  history: createWebHistory('/admin/'),
  routes: [...routes, { path: '/:rest(.*)*', name: 'missing', component: () => import('./MissingPage.vue') }],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})
