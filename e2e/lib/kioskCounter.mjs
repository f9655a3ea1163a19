// A counter that behaves as the agent's does, as far as screens can tell: for tests of the pages without the agent.
import { IDLE, PAYER } from './kioskViews.mjs'

const RESULT_MS = 3_000
const DECIDING_MS = 120

export class Counter {
  /** @param {(view: object) => void} changed is called after each change */
  constructor(changed) {
    this.changed = changed
    this.view = { ...IDLE, now: Date.now(), screen: 'idle' }
    this.known = new Set()
    /** What the next code meets: paid, duplicate, refused. */
    this.next = 'paid'
    this.sold = []
    /** What was keyed before each key, by the id of its act. */
    this.keyed = []
    this.timers = new Set()
  }

  show(patch) {
    this.view = { ...this.view, ...patch, seq: this.view.seq + 1, now: patch.now ?? Date.now() }
    this.changed(this.view)
  }

  /** An act is taken once, whatever arrives how often. */
  take({ id, act }) {
    if (this.known.has(id)) return
    this.known.add(id)
    if (act.type === 'key') this.keyed.push({ id, before: this.view.keyed })
    const of = this[`on_${act.type}`]
    if (of) of.call(this, act)
  }

  price(patch) {
    const view = { ...this.view, ...patch }
    if (view.mode === 'dish') view.total = view.lines.reduce((sum, line) => sum + line.amount, 0)
    if (view.mode === 'amount') view.total = fenOf(view.keyed)
    const empty = !view.lines.length && !view.keyed
    this.show({ ...view, result: null, payer: null, screen: empty ? 'idle' : 'pricing' })
  }

  busy() {
    return ['deciding', 'question'].includes(this.view.screen)
  }

  on_key({ key }) {
    if (this.busy()) return
    if (key === 'enter') return this.on_pay()
    const { keyed } = this.view
    const next = key === 'back' ? keyed.slice(0, -1) : key === 'clear' ? '' : keyed + key
    if (/^(\d{1,5}(\.\d{0,2})?)?$/.test(next)) this.price({ keyed: next })
  }

  on_dish({ id, count }) {
    const dish = this.view.dishes.find((of) => of.id === id)
    if (this.busy() || !dish?.available) return
    const before = this.view.lines.find((line) => line.key === id)?.count ?? 0
    this.on_line({ key: id, count: before + count })
  }

  on_line({ key, count }) {
    if (this.busy()) return
    const { id, name, name_en, price } = this.view.dishes.find((of) => of.id === key)
    const line = { key: id, name, name_en, count, price, amount: price * count, grams: null }
    const known = this.view.lines.some((of) => of.key === key)
    const lines = known ? this.view.lines.map((of) => (of.key === key ? line : of)) : [...this.view.lines, line]
    this.price({ lines: lines.filter((of) => of.count > 0) })
  }

  on_mode({ mode }) {
    if (!this.busy()) this.price({ mode, lines: [], keyed: '', total: 0 })
  }

  on_pay() {
    if (this.view.total > 0) this.show({ screen: 'present', result: null })
    else this.end('failed', ['请先输入金额或菜品', 'Enter the price first'], { amount: 0, speak: [] })
  }

  on_take_back({ since }) {
    if (this.busy()) return
    if (!since) return this.price({ keyed: '' })
    const pressed = this.keyed.find((of) => of.id === since)
    if (pressed) this.price({ keyed: pressed.before })
  }

  on_scan({ text, not_keyed }) {
    if (not_keyed) this.on_take_back({ since: not_keyed })
    const dish = this.view.dishes.find((of) => of.barcode === text)
    if (dish) return this.on_dish({ id: dish.id, count: 1 })
    if (this.busy() || this.view.screen === 'result') return
    if (this.view.asking === 'balance') {
      this.show({ asking: null, payer: PAYER })
      return this.end('balance', ['余额', 'Balance'], { amount: PAYER.balance, balance_after: PAYER.balance })
    }
    if (!this.view.total) return
    this.show({ screen: 'deciding' })
    this.later(DECIDING_MS, () => this.decide())
  }

  decide() {
    const choices = [
      { act: 'yes', zh: '第二份，收款', en: 'A second one, charge' },
      { act: 'no', zh: '不是，取消', en: 'No, cancel' },
    ]
    const said = { zh: '18 秒前刚付过同样的金额。是第二份吗？', en: 'The same was paid 18 s ago. A second one?' }
    if (this.next === 'duplicate') {
      this.show({ screen: 'question', payer: PAYER, question: { kind: 'duplicate', ...said, choices } })
    } else if (this.next === 'refused') {
      this.show({ payer: PAYER })
      this.end('refused', ['余额不足', 'Balance too low'], { speak: ['余额不足'] })
    } else {
      this.sell()
    }
  }

  sell() {
    const { total: amount, link } = this.view
    const offline = link.state !== 'online'
    this.sold.push(amount)
    const more = offline ? { link: { ...link, unsent: link.unsent + 1, unsent_sales: link.unsent_sales + 1 } } : {}
    this.show({ ...more, payer: PAYER, question: null, lines: [], keyed: '' })
    this.end('paid', offline ? ['收款成功（离线）', 'Paid (offline)'] : ['收款成功', 'Paid'], {
      amount,
      balance_after: PAYER.balance - amount,
      offline,
      speak: [offline ? '离线收款' : '收款成功', '8', '点', '5', '元'],
    })
  }

  on_answer({ choice }) {
    if (this.view.screen !== 'question') return
    if (choice === 'yes') this.sell()
    else this.price({ question: null })
  }

  on_cancel() {
    if (this.view.screen === 'deciding') return
    const keeps = this.view.screen === 'present' || this.view.screen === 'question'
    const empty = keeps ? {} : { lines: [], keyed: '', total: 0 }
    this.price({ ...empty, asking: null, question: null })
  }

  on_balance() {
    this.show({ asking: this.view.asking ? null : 'balance' })
  }

  on_undo({ purchase }) {
    const recent = this.view.recent.map((of) =>
      of.purchase === purchase ? { ...of, state: 'undone', undoable_until: null } : of,
    )
    this.show({ recent })
    this.end('undone', ['已撤销', 'Undone'], { amount: recent.find((of) => of.purchase === purchase).amount })
  }

  on_training({ on }) {
    this.show({ training: on })
  }

  on_volume({ level }) {
    this.show({ volume: level })
  }

  on_language({ language }) {
    this.show({ language })
  }

  end(kind, [zh, en], more) {
    const until = Date.now() + RESULT_MS
    const result = {
      kind,
      zh,
      en,
      amount: this.view.total,
      balance_after: null,
      speak: [],
      offline: false,
      ...more,
      until,
    }
    this.show({ screen: 'result', result })
    this.later(RESULT_MS, () => this.view.result?.until === until && this.price({ total: 0 }))
  }

  later(ms, what) {
    const timer = setTimeout(() => (this.timers.delete(timer), what()), ms)
    this.timers.add(timer)
  }

  stop() {
    for (const timer of this.timers) clearTimeout(timer)
  }
}

function fenOf(text) {
  const [yuan, rest = ''] = text.split('.')
  return Number(yuan || 0) * 100 + Number(rest.padEnd(2, '0'))
}
