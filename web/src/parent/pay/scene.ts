// Where this page is shown, and which ways to pay work there.
import type { ChannelKind, PayChannel, Scene } from '../wire'

export type Place = 'wechat' | 'alipay' | 'phone' | 'desktop'

export function placeOf(agent: string): Place {
  // The desktop's WeChat shows pages, too, but its bridge can't pay: a code to scan works everywhere.
  if (/MicroMessenger/i.test(agent)) return /WindowsWechat|MacWechat/i.test(agent) ? 'desktop' : 'wechat'
  if (/AlipayClient/i.test(agent)) return 'alipay'
  return /Android|iPhone|iPad|iPod|HarmonyOS|Mobile/i.test(agent) ? 'phone' : 'desktop'
}

/** In order: the first that the channel offers is taken. */
const WISHES: Record<Place, Scene[]> = {
  wechat: ['in_app', 'mobile_web'],
  alipay: ['in_app', 'mobile_web'],
  phone: ['mobile_web', 'qr'],
  desktop: ['qr', 'mobile_web'],
}
/** Each app stops the other's way to pay. */
const STOPPED: Record<Place, ChannelKind[]> = { wechat: ['alipay'], alipay: ['wechat'], phone: [], desktop: [] }

export interface Way {
  account: string
  kind: ChannelKind
  name: string
  scene: Scene
}

/** The ways that work here, the app's own first; `in_app` needs the app that the channel belongs to. */
export function ways(channels: PayChannel[], place: Place): Way[] {
  const found = channels.flatMap(({ account, kind, name, scenes }) => {
    if (STOPPED[place].includes(kind)) return []
    const own = kind === place || kind === 'unionpay' || kind === 'chinaums'
    const scene = WISHES[place].find((wish) => scenes.includes(wish) && (wish !== 'in_app' || own))
    return scene ? [{ account, kind, name, scene }] : []
  })
  return [...found.filter((of) => of.kind === place), ...found.filter((of) => of.kind !== place)]
}
