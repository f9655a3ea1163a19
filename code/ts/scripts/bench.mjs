// What a code costs in this JavaScript engine: medians of many, one at a time, after a warm-up.
import { readFileSync } from 'node:fs'
import { bundle } from './bundle.mjs'

const WARM_UP = 30
const TIMES = 300

const load = async (file) =>
  import(`data:text/javascript;base64,${Buffer.from(await bundle(file)).toString('base64')}`)
const reader = await load('src/index.ts')
const phone = await load('src/device.ts')
const file = JSON.parse(readFileSync(new URL('../../vectors/codes.json', import.meta.url), 'utf8'))

const bytes = (hex) => new Uint8Array(Buffer.from(hex, 'hex'))
const roots = file.roots.map(({ kid, suite, key }) => ({ kid, key: { suite, bytes: bytes(key) } }))
const trust = reader.Trust.fromSigned(bytes(file.trust), roots, 0).value
const list = reader.StatusList.fromSigned(bytes(file.status.fresh), trust, 0).value

async function median(name, work) {
  const took = []
  for (let i = 0; i < WARM_UP + TIMES; i++) {
    const begun = performance.now()
    await work()
    if (i >= WARM_UP) took.push(performance.now() - begun)
  }
  took.sort((a, b) => a - b)
  const [middle, slow] = [0.5, 0.95].map((part) => took[Math.floor(took.length * part)].toFixed(2))
  console.log(`${name.padEnd(36)} median ${middle} ms   95 of 100 within ${slow} ms`)
}

function verifying(comment) {
  const { text, now } = file.cases.find((of) => of.comment === comment)
  return () => {
    if (!reader.verify(text, trust, { list }, 'elsewhere', now).ok) throw new Error(`${comment}: refused`)
  }
}

await median('verify static, Ed25519', verifying('a good printed code'))
await median('verify static, SM2', verifying('signed with SM2'))
await median('verify dynamic, Ed25519 and P-256', verifying('a good dynamic code'))
await median('verify dynamic, SM2 and P-256', verifying('the school signs with SM2'))
// A phone signs whatever credential it has; who issued it makes no difference to the time.
const pair = await phone.newDeviceKey()
const credential = new Uint8Array(118)
credential.set([0x12, 0, 0, 20])
credential[15] = 48
credential.set(await phone.devicePublicKey(pair), 21)
let counter = 0
await median('sign dynamic, WebCrypto P-256', async () => {
  const text = await phone.dynamicCode(credential, pair.privateKey, 1_577_836_800_000, counter++)
  if (text?.length !== 470) throw new Error('no code')
})
