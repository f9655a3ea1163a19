// Every folder brings its pages in its own routes.ts; nothing here names one.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { known, load, session } from './session'
import type { Page } from './page'

const found = import.meta.glob<{ pages: Page[] }>('./*/routes.ts', { eager: true })
export const pages: Page[] = Object.values(found).flatMap((folder) => folder.pages)

declare module 'vue-router' {
  interface RouteMeta {
    parentPage?: Page
  }
}

const routes = pages.map(
  (page) =>
    ({ name: page.name, path: page.path, component: page.component, meta: { parentPage: page } }) as RouteRecordRaw,
)

export const router = createRouter({
  history: createWebHistory('/parent/'),
  routes: [...routes, { path: '/:rest(.*)*', redirect: '/' }],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.beforeEach(async (to) => {
  // Without the server nobody is known: the page itself says so and offers to try again.
  if (!known.value) await load().catch(() => {})
  // Some channels keep a # of the address that they were given.
  const paid = /^#\/paid\/([0-9a-f-]+)/.exec(to.hash)?.[1]
  if (paid) return { path: `/paid/${paid}`, replace: true }
  if (!known.value || to.meta.parentPage?.open || session.value) return true
  return { name: 'sign-in', query: to.path === '/' ? {} : { to: to.fullPath }, hash: to.hash }
})

// A build that was replaced while this page was open no longer has the old parts: the new page is loaded.
router.onError((error, to) => {
  if (/dynamically imported module|importing a module script/i.test(String(error)))
    location.assign(`/parent${to.fullPath}`)
})
