// Every folder brings its pages in its own routes.ts; nothing here names one.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { pageOfChild } from './inbox/link'
import { keepPlace } from './signin/place'
import { chooseChild, known, load, session } from './session'
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
  routes: [
    ...routes,
    // Messages name a page and a child; whatever else there is no page for is the first page.
    {
      path: '/:rest(.*)*',
      redirect: (to) => ({ path: pageOfChild(to.path, to.query['child']) ?? '/', query: {} }),
    },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.beforeEach(async (to) => {
  // Without the server nobody is known: the page itself says so and offers to try again.
  if (!known.value) await load().catch(() => {})
  // Some channels keep a # of the address that they were given.
  const paid = /^#\/paid\/([0-9a-f-]+)/.exec(to.hash)?.[1]
  if (paid) return { path: `/paid/${paid}`, replace: true }
  if (typeof to.query['child'] === 'string') chooseChild(to.query['child'])
  if (!known.value || to.meta.parentPage?.open || session.value) return true
  // A provider knew somebody whom this server does not know by it yet: the phone number links them.
  const { link, signin } = to.query
  if (to.path === '/') return { name: 'sign-in', query: { ...(link && { link }), ...(signin && { signin }) } }
  // What stands behind a # is the code of a paper: it is kept for this window and put into no address.
  if (to.hash) keepPlace(to.fullPath)
  return { name: 'sign-in', query: { to: to.hash ? to.path : to.fullPath } }
})

// A build that was replaced while this page was open no longer has the old parts: the new page is loaded.
router.onError((error, to) => {
  if (/dynamically imported module|importing a module script/i.test(String(error)))
    location.assign(`/parent${to.fullPath}`)
})
