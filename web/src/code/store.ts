// What this browser keeps: the key (which no script can read), the credential, and how far its codes were counted.
const DATABASE = 'yitong-code'
const STORE = 'phone'
const ONLY = 'this'

export interface Kept {
  device: string
  /** Not extractable: IndexedDB stores it without ever seeing the secret. */
  key: CryptoKeyPair
  credential: Uint8Array<ArrayBuffer>
  startsMs: number
  endsMs: number
  /** Of the next code; kept before that code is shown. */
  counter: number
  /** The moment of the last proof, so that none is signed twice. */
  provedAt: number
  fetchedAt: number
  phoneName: string
  personName: string
  schoolName: string
  officePhone: string
  useCapFen: number
  totalCapFen: number
  uses: number
  /** Why the server gave none the last time; kept, so that a stopped phone stays stopped without a network. */
  stopped: Stopped | null
}

export interface Stopped {
  status: number
  code: string
  zh: string
  en: string
}

let opened: Promise<IDBDatabase> | undefined

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onsuccess = () => {
      // A browser that closes the database by itself (its store was cleared) is asked again.
      request.result.onclose = () => (opened = undefined)
      resolve(request.result)
    }
    request.onerror = () => reject(request.error)
  })
  opened.catch(() => (opened = undefined))
  return opened
}

async function begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
  try {
    return (await database()).transaction(STORE, mode, { durability: 'strict' })
  } catch (error) {
    // The browser closed it under us: the next one opens it again.
    opened = undefined
    throw error
  }
}

/** Resolves when the change is on the disk, with what `work` found. */
async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => (() => T) | void) {
  const tx = await begin(mode)
  const found = work(tx.objectStore(STORE))
  return new Promise<T | undefined>((resolve, reject) => {
    tx.oncomplete = () => resolve(found?.())
    tx.onerror = tx.onabort = () => reject(tx.error)
  })
}

export async function load(): Promise<Kept | null> {
  const kept = await within<Kept | undefined>('readonly', (store) => {
    const request = store.get(ONLY) as IDBRequest<Kept | undefined>
    return () => request.result
  })
  return kept ?? null
}

export function save(kept: Kept): Promise<unknown> {
  return within('readwrite', (store) => void store.put(kept, ONLY))
}

export function forget(): Promise<unknown> {
  return within('readwrite', (store) => void store.delete(ONLY))
}

/**
 * The number of the next code, taken for good: two windows never get the same one. `null`: another phone, or none, is
 * kept here meanwhile.
 */
export async function takeCounter(device: string, startsMs: number): Promise<number | null> {
  let taken: number | null = null
  await within('readwrite', (store) => {
    const request = store.get(ONLY) as IDBRequest<Kept | undefined>
    request.onsuccess = () => {
      const kept = request.result
      if (!kept || kept.device !== device || kept.startsMs !== startsMs) return
      taken = kept.counter
      store.put({ ...kept, counter: kept.counter + 1 }, ONLY)
    }
  })
  return taken
}

/** Changes what is kept, looking at it as it is now; the counter of the same credential is never set back. */
export async function renew(change: (kept: Kept) => Kept): Promise<Kept | null> {
  let after: Kept | null = null
  await within('readwrite', (store) => {
    const request = store.get(ONLY) as IDBRequest<Kept | undefined>
    request.onsuccess = () => {
      if (!request.result) return
      after = change(request.result)
      store.put(after, ONLY)
    }
  })
  return after
}
