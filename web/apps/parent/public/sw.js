// Keeps the shell of the parents' app, and shows the messages that are pushed to it. It never sees an account: what is
// asked of the server itself goes past it, and a message carries no more than its own words.
const SHELL = 'parent-1'
/** Another app of this server keeps its own shell beside it. */
const OURS = /^parent-/
const HOME = '/parent/'
const BESIDE = ['/parent/manifest.webmanifest', '/parent/icon.svg', '/parent/icon-192.png']

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
    // What the server has now comes first: an old page must not talk to a new server. Without a network, the kept one.
    event.respondWith(fetch(event.request).catch(() => caches.match(HOME)))
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
  const files = [...text.matchAll(/(?:src|href)="(\/parent\/assets\/[^"]+)"/g)].map((match) => match[1])
  const shell = await caches.open(SHELL)
  const kept = new Set((await shell.keys()).map((request) => new URL(request.url).pathname))
  await shell.addAll([...files, ...BESIDE].filter((file) => !kept.has(file)))
  await shell.put(HOME, answer)
  const current = new Set([HOME, ...files, ...BESIDE])
  await Promise.all([...kept].filter((path) => !current.has(path)).map((path) => shell.delete(path)))
}

/** Whatever can't be read is still a message: a browser that shows nothing takes the subscription away. */
function read(event) {
  try {
    return event.data?.json() ?? {}
  } catch {
    return {}
  }
}

self.addEventListener('push', (event) => {
  const { title = '一通', body = '您有一条新消息', link = '/parent/inbox', tag } = read(event)
  const data = { link }
  event.waitUntil(self.registration.showNotification(title, { body, tag, data, icon: '/parent/icon-192.png' }))
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  // Only our own pages: a message never leads anywhere else.
  const asked = new URL(event.notification.data?.link ?? HOME, self.location.origin)
  const link = asked.origin === self.location.origin ? asked.pathname + asked.search : HOME
  event.waitUntil(
    self.clients.matchAll({ type: 'window' }).then(async (windows) => {
      const open = windows.find((of) => new URL(of.url).pathname.startsWith(HOME))
      if (!open) return self.clients.openWindow(link)
      await open.focus()
      return open.navigate(link)
    }),
  )
})
