// Keeps the shell of the page, so that it opens without a network. It never sees a credential: what is asked of the
// server itself goes past it, and keys and credentials live in the page's own store.
const SHELL = 'shell-1'
/** Another app of this server keeps its own shell beside it. */
const OURS = /^shell-/
const HOME = '/code/'
const BESIDE = ['/code/manifest.webmanifest', '/code/icon.svg', '/code/icon-192.png']

self.addEventListener('install', (event) => {
  event.waitUntil(renew().then(() => self.skipWaiting()))
})

self.addEventListener('activate', (event) => {
  const old = (names) =>
    Promise.all(names.filter((name) => OURS.test(name) && name !== SHELL).map((name) => caches.delete(name)))
  event.waitUntil(
    caches
      .keys()
      .then(old)
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  const ours = url.origin === self.location.origin && url.pathname.startsWith(HOME)
  if (!ours || event.request.method !== 'GET') return
  if (event.request.mode === 'navigate') {
    const home = caches.match(HOME)
    event.respondWith(home.then((kept) => kept ?? fetch(event.request)))
    // What is new is shown the next time: nobody waits for it in a queue.
    event.waitUntil(renew().catch(() => {}))
    return
  }
  event.respondWith(caches.match(url.pathname).then((kept) => kept ?? fetch(event.request)))
})

/** Files of a build have a hash in their name, so a new page that is kept with all its files is always whole. */
async function renew() {
  const answer = await fetch(HOME, { cache: 'no-cache' })
  if (!answer.ok) throw new Error(`the shell answered ${answer.status}`)
  const text = await answer.clone().text()
  const files = [...text.matchAll(/(?:src|href)="(\/code\/assets\/[^"]+)"/g)].map((match) => match[1])
  const shell = await caches.open(SHELL)
  const kept = new Set((await shell.keys()).map((request) => new URL(request.url).pathname))
  await shell.addAll([...files, ...BESIDE].filter((file) => !kept.has(file)))
  await shell.put(HOME, answer)
  const current = new Set([HOME, ...files, ...BESIDE])
  await Promise.all([...kept].filter((path) => !current.has(path)).map((path) => shell.delete(path)))
}
