// The cashier's end of the channel to the customer's screen.
import { onBeforeUnmount, onMounted, watch } from 'vue'
import { locale } from '@/shared/locale'
import { CHANNEL, HEARTBEAT_MS, type Said, type Shown, shownOf } from './customer'
import { setup, state, tillId } from './till'

export function useCustomerScreen() {
  if (typeof BroadcastChannel === 'undefined') return
  const channel = new BroadcastChannel(CHANNEL)
  let beating = 0

  function show() {
    const of = setup.value
    if (!of) return
    const period = of.period
    const shown: Shown = {
      kind: 'shown',
      till: tillId,
      locale: locale.value,
      school: of.school.name,
      stall: `${of.stall.canteen.name} · ${of.stall.name}`,
      period: period ? { name_zh: period.name_zh, name_en: period.name_en, ends: period.ends } : null,
      ...shownOf(state.value),
    }
    channel.postMessage(shown)
  }

  watch([state, setup, locale], show)
  onMounted(() => {
    channel.onmessage = (event: MessageEvent<Said>) => event.data.kind === 'hello' && show()
    beating = window.setInterval(show, HEARTBEAT_MS)
    show()
  })
  onBeforeUnmount(() => {
    window.clearInterval(beating)
    const bye: Said = { kind: 'bye', till: tillId }
    channel.postMessage(bye)
    channel.close()
  })
}
