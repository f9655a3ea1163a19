// Hands the payer over to the channel, in the way that the channel wants.
import type { Presented } from '../wire'

type Done = (answer: Record<string, unknown>) => void
interface Bridge {
  invoke?: (name: string, args: Record<string, string>, done: Done) => void
  call?: (name: string, args: Record<string, string>, done: Done) => void
}
type Bridged = typeof globalThis & { WeixinJSBridge?: Bridge; AlipayJSBridge?: Bridge }

/** What the app said. It is never the truth about the money: only the server's answer is. */
export type Came = 'finished' | 'cancelled' | 'failed' | 'left' | 'no_bridge'

const BRIDGE_WAIT_MS = 5000

/** The app puts its bridge into the page a moment after it has loaded. */
async function bridge(name: 'WeixinJSBridge' | 'AlipayJSBridge', event: string): Promise<Bridge | null> {
  const there = () => (globalThis as Bridged)[name] ?? null
  if (there()) return there()
  return new Promise((resolve) => {
    const done = () => resolve(there())
    document.addEventListener(event, done, { once: true })
    window.setTimeout(done, BRIDGE_WAIT_MS)
  })
}

async function inWeChat(args: Record<string, string>): Promise<Came> {
  const app = await bridge('WeixinJSBridge', 'WeixinJSBridgeReady')
  if (!app?.invoke) return 'no_bridge'
  return new Promise((resolve) => {
    app.invoke?.('getBrandWCPayRequest', args, ({ err_msg }) => {
      if (err_msg === 'get_brand_wcpay_request:ok') resolve('finished')
      else resolve(err_msg === 'get_brand_wcpay_request:cancel' ? 'cancelled' : 'failed')
    })
  })
}

async function inAlipay(args: Record<string, string>): Promise<Came> {
  const app = await bridge('AlipayJSBridge', 'AlipayJSBridgeReady')
  if (!app?.call) return 'no_bridge'
  return new Promise((resolve) => {
    app.call?.('tradePay', args, ({ resultCode }) => {
      // 9000 paid, 8000 and 6004 in doubt, 6001 and 99 the payer went back, anything else failed.
      const code = String(resultCode)
      if (['9000', '8000', '6004'].includes(code)) resolve('finished')
      else resolve(code === '6001' || code === '99' ? 'cancelled' : 'failed')
    })
  })
}

function submit(action: string, fields: [string, string][]) {
  const form = document.createElement('form')
  form.method = 'post'
  form.action = action
  form.acceptCharset = 'utf-8'
  for (const [name, value] of fields) {
    const input = document.createElement('input')
    input.type = 'hidden'
    input.name = name
    input.value = value
    form.append(input)
  }
  document.body.append(form)
  form.submit()
}

/** A QR stays on the page; for everything else this is where the payer goes. */
export async function present(of: Presented): Promise<Came> {
  switch (of.kind) {
    case 'in_app':
      return /alipay|tradePay/i.test(of.bridge) ? inAlipay(of.arguments) : inWeChat(of.arguments)
    case 'redirect':
      // A place of the web, or an app that the channel opens; never a script.
      if (!/^(https?|weixin|alipays?|upwallet|uppaywallet):/i.test(of.url)) return 'failed'
      location.assign(of.url)
      return 'left'
    case 'form':
      if (!/^https?:/i.test(of.action)) return 'failed'
      submit(of.action, of.fields)
      return 'left'
    case 'qr':
      return 'finished'
  }
}
