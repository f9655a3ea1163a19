// Pictures of a counter, as the terminal's agent draws them: the school of a pretend agent, and every state of its screens.

export const NOW = Date.UTC(2026, 10, 26, 4, 5, 9)
const MINUTE = 60_000

const dish = (n, name, name_en, category, price, more = {}) => ({
  id: `0193d0c0-0000-7000-8000-0000000000${String(n).padStart(2, '0')}`,
  name,
  name_en,
  category,
  price,
  barcode: `69012345000${String(n).padStart(2, '0')}`,
  available: true,
  weighed: false,
  ...more,
})

export const DISHES = [
  dish(1, '红烧肉', 'Braised pork', '荤菜', 850),
  dish(2, '宫保鸡丁', 'Kung Pao chicken', '荤菜', 780),
  dish(3, '番茄炒蛋', 'Tomato and egg', '荤菜', 550),
  dish(4, '特色酸汤肥牛金针菇煲仔', 'Sour soup with beef and enoki in a clay pot', '荤菜', 1280),
  dish(5, '清炒时蔬', 'Greens', '素菜', 350),
  dish(6, '麻婆豆腐', 'Mapo tofu', '素菜', 400),
  dish(7, '地三鲜', 'Potato, aubergine, pepper', '素菜', 480, { available: false }),
  dish(8, '米饭', 'Rice', '主食', 100),
  dish(9, '馒头', null, '主食', 80),
  dish(10, '兰州牛肉拉面', 'Lanzhou beef noodles', '主食', 1200),
  dish(11, '紫菜蛋花汤', 'Egg drop soup', '汤', 150),
  dish(12, '酸奶', 'Yoghurt', '饮品', 450),
]
export const WEIGHED = dish(20, '自选称重菜', 'Buffet by weight', '称重', 3960, { weighed: true })

const words = (zh, en) => ({ zh, en })
export const PERIODS = [
  { id: '0193d0c0-0000-7000-8000-0000000000a1', ...words('早餐', 'Breakfast'), ends: 540 },
  { id: '0193d0c0-0000-7000-8000-0000000000a2', ...words('午餐', 'Lunch'), ends: 810 },
  { id: '0193d0c0-0000-7000-8000-0000000000a3', ...words('晚餐', 'Dinner'), ends: 1170 },
]

const recent = (n, minutes, amount, name_mask, state, undoable = false) => ({
  purchase: `0193d0c0-0000-7000-8000-0000000001${String(n).padStart(2, '0')}`,
  at: NOW - minutes * MINUTE,
  amount,
  name_mask,
  state,
  undoable_until: undoable ? NOW + (5 - minutes) * MINUTE : null,
})
export const RECENT = [
  recent(1, 1, 1350, '张*明', 'paid', true),
  recent(2, 2, 980, '阿*·买***', 'offline', true),
  recent(3, 3, 9999999, '李*', 'refused'),
  recent(4, 4, 550, '欧阳*雪', 'undone'),
  ...[5, 6, 7, 8, 9, 10].map((n) => recent(n, n * 2, 1200 + n, '王*', 'paid')),
]

export const PAYER = {
  person: '0193d0c0-0000-7000-8000-0000000000b1',
  name: '阿卜杜热合曼·买买提依明江',
  name_mask: '阿**********江',
  number_mask: '2026****17',
  class: '高一（12）班',
  kind: 'student',
  photo: true,
  balance: 4630,
  arrears: 0,
  allergens: ['花生', '牛奶'],
  marks: [words('有延迟扣款', 'Some is to be collected later')],
}

export const NOTICES = [
  words('今日特价：红烧肉套餐 ¥12.00，含米饭和汤', 'Today: braised pork set ¥12.00 with rice and soup'),
  words('光盘行动：吃多少，取多少', 'Take what you eat, eat what you take'),
  words(
    '周五 11:30 起二食堂试行新菜单，欢迎家长陪餐',
    'From Friday 11:30 canteen 2 tries a new menu; parents are welcome to join',
  ),
]

const device = (kind, name, state, zh, en) => ({ kind, name, state, zh, en })
export const DEVICES = [
  device('scanner', '/dev/ttyACM0', 'ready', '已连接', 'Connected'),
  device('nfc', 'ACS ACR122U', 'ready', '已连接', 'Connected'),
  device('printer', '/dev/usb/lp0', 'trouble', '打印机缺纸', 'The printer is out of paper'),
  device('scale', 'ttyUSB1', 'absent', '未连接', 'Not connected'),
  device('buzzer', '蜂鸣器', 'ready', '已连接', 'Connected'),
]

export const IDLE = {
  seq: 1,
  screen: 'idle',
  setup: null,
  now: NOW,
  language: 'zh',
  training: false,
  link: {
    state: 'online',
    since: NOW - 90 * MINUTE,
    last_sync: NOW - 20_000,
    unsent: 0,
    unsent_sales: 0,
    oldest_unsent: null,
    mirror_age_ms: 20_000,
    clock_doubt: false,
  },
  lease: { left: 120_000, expires_at: NOW + 600 * MINUTE, count_left: 180 },
  shop: { school: '某市第一中学', canteen: '第一食堂', stall: '2 号 面食档', terminal: '一食堂 2 号机' },
  period: PERIODS[1],
  period_asked: null,
  cashier: { id: '0193d0c0-0000-7000-8000-0000000000c1', name: '王秀英', pin: true },
  cashiers: [
    { id: '0193d0c0-0000-7000-8000-0000000000c1', name: '王秀英', pin: true },
    { id: '0193d0c0-0000-7000-8000-0000000000c2', name: '古丽巴哈尔·阿不都热依木', pin: false },
  ],
  shift: { since: NOW - 65 * MINUTE, sales: 214, total: 286_450 },
  closed: null,
  mode: 'dish',
  modes: ['dish', 'amount', 'fixed', 'count', 'weigh'],
  keyed: '',
  total: 0,
  lines: [],
  dishes: DISHES,
  dishes_version: 7,
  payer: null,
  question: null,
  result: null,
  recent: RECENT,
  found: [],
  classes: [],
  roster: null,
  devices: DEVICES,
  scale: null,
  weighing: null,
  battery: { percent: 82, charging: false },
  asking: null,
  customer_screen: false,
  notices: NOTICES,
  volume: 7,
  alarms: [],
}

const line = (of, count, grams = null) => ({
  key: of.id,
  name: of.name,
  name_en: of.name_en,
  count,
  price: of.price,
  amount: grams ? Math.round((of.price * grams) / 1000) : of.price * count,
  grams,
})
const LINES = [line(DISHES[0], 1), line(DISHES[3], 2), line(DISHES[7], 1)]
const MANY = DISHES.filter((of) => of.available).map((of, n) => line(of, (n % 3) + 1))
const OFFLINE = {
  ...IDLE.link,
  state: 'offline',
  since: NOW - 12 * MINUTE,
  last_sync: NOW - 12 * MINUTE,
  unsent: 39,
  unsent_sales: 37,
}
const result = (kind, zh, en, more) => ({
  kind,
  zh,
  en,
  detail_zh: '',
  detail_en: '',
  amount: 3510,
  balance_after: null,
  arrears_after: null,
  offline: false,
  speak: ['收款成功', '3', '十', '5', '点', '1', '元'],
  until: NOW + 3000,
  ...more,
})
const choice = (act, zh, en) => ({ act, zh, en })
const question = (kind, zh, en, choices, seconds_ago = null) => ({ kind, zh, en, choices, seconds_ago })
const YES_NO = [choice('yes', '是本人', 'Yes, the person'), choice('no', '不是', 'No')]

/** Every state that somebody may meet: what differs from the counter at rest. */
export const STATES = {
  idle: {},
  'idle-offline': { link: OFFLINE, recent: RECENT.slice(1) },
  'idle-worries': {
    link: {
      ...OFFLINE,
      unsent: 12_399,
      unsent_sales: 12_345,
      clock_doubt: true,
      since: NOW - 3 * 24 * 60 * MINUTE,
    },
    lease: null,
    cashier: null,
    shift: null,
    battery: { percent: 9, charging: false },
    alarms: [{ code: 'disk', ...words('存储空间不足', 'The disk is nearly full') }],
  },
  dishes: { screen: 'pricing', lines: LINES, total: 3510 },
  'dishes-many': { screen: 'pricing', lines: MANY, total: 9_999_999 },
  amount: { screen: 'pricing', mode: 'amount', keyed: '12.5', total: 1250 },
  'amount-most': { screen: 'pricing', mode: 'amount', keyed: '99999.99', total: 9_999_999 },
  fixed: { screen: 'idle', mode: 'fixed', total: 1500, period: null },
  'fixed-ready': { screen: 'present', mode: 'fixed', total: 1500 },
  count: { screen: 'present', mode: 'count', total: 0 },
  weigh: {
    screen: 'pricing',
    mode: 'weigh',
    scale: { grams: 438, stable: true },
    dishes: [WEIGHED, DISHES[7], DISHES[10]],
    lines: [line(WEIGHED, 1, 438)],
    total: 1734,
  },
  weighing: {
    screen: 'idle',
    mode: 'weigh',
    scale: { grams: 252, stable: false },
    dishes: [WEIGHED],
    weighing: WEIGHED.id,
  },
  present: { screen: 'present', lines: LINES, total: 3510 },
  'present-many': { screen: 'present', lines: MANY, total: 9_999_999, link: OFFLINE },
  deciding: { screen: 'deciding', lines: LINES, total: 3510 },
  duplicate: {
    screen: 'question',
    lines: LINES,
    total: 3510,
    payer: PAYER,
    question: question(
      'duplicate',
      '18 秒前刚付过同样的金额。是第二份吗？',
      'The same was paid 18 s ago. A second one?',
      [choice('yes', '第二份，收款', 'A second one, charge'), choice('no', '不是，取消', 'No, cancel')],
      18,
    ),
  },
  photo: {
    screen: 'question',
    total: 1250,
    mode: 'amount',
    payer: PAYER,
    question: question(
      'photo',
      '此码 40 秒前在别处用过。照片与本人一致吗？',
      'Used elsewhere 40 s ago. Is this the person of the photo?',
      YES_NO,
    ),
  },
  later: {
    screen: 'question',
    total: 1250,
    mode: 'amount',
    payer: { ...PAYER, photo: false, allergens: [], marks: [] },
    question: question(
      'collect_later',
      '余额不足。先用餐，延迟扣款？',
      'Balance too low. Let eat and collect later?',
      [choice('yes', '延迟扣款', 'Collect later'), choice('no', '不', 'No')],
    ),
  },
  period: {
    screen: 'question',
    total: 1250,
    question: question(
      'period',
      '时间可能不准，请选择餐次',
      'The clock may be wrong; choose the meal',
      PERIODS.map((of) => choice(of.id, of.zh, of.en)),
    ),
  },
  'period-asked': { period_asked: PERIODS, link: { ...IDLE.link, clock_doubt: true }, period: null },
  paid: {
    screen: 'result',
    payer: PAYER,
    total: 3510,
    result: result('paid', '收款成功', 'Paid', { balance_after: 4630 }),
  },
  'paid-plain': {
    screen: 'result',
    payer: { ...PAYER, name: '张小明', name_mask: '张*明', photo: false, allergens: [], marks: [] },
    total: 9_999_999,
    result: result('paid', '收款成功', 'Paid', { amount: 9_999_999, balance_after: 9_999_999 }),
  },
  'paid-offline': {
    screen: 'result',
    link: OFFLINE,
    payer: PAYER,
    result: result('paid', '收款成功（离线）', 'Paid (offline)', {
      offline: true,
      balance_after: 4630,
      arrears_after: 1250,
    }),
  },
  counted: {
    screen: 'result',
    mode: 'count',
    payer: PAYER,
    result: result('paid', '核验成功', 'Checked', { amount: 0, balance_after: 4630, speak: ['核验成功'] }),
  },
  refused: {
    screen: 'result',
    payer: PAYER,
    result: result('refused', '已挂失的码，请收回并请本人到校务处', 'This code is reported lost; please keep it', {
      speak: ['已挂失'],
    }),
  },
  'refused-short': {
    screen: 'result',
    payer: { ...PAYER, allergens: [] },
    result: result('refused', '余额不足', 'Balance too low', { speak: ['余额不足'] }),
  },
  undone: { screen: 'result', result: result('undone', '已撤销', 'Undone', { speak: ['已撤销'] }) },
  balance: {
    screen: 'result',
    payer: PAYER,
    result: result('balance', '余额', 'Balance', {
      amount: 4630,
      balance_after: 4630,
      arrears_after: 1250,
      speak: ['余额'],
    }),
  },
  hint: {
    screen: 'result',
    result: result('failed', '请先输入金额或菜品', 'Enter the price first', { amount: 0, speak: [] }),
  },
  failed: {
    screen: 'result',
    result: result(
      'failed',
      '无法记录，未收款。请联系管理员',
      'Can’t record; nothing was charged. Call the administrator',
      { amount: 0, speak: ['请找收银员'] },
    ),
  },
  'shift-closed': {
    screen: 'result',
    result: result('balance', '已交班，现金差额 +5.00', 'Shift closed, cash differs by +5.00', {
      amount: 286_450,
      speak: [],
    }),
  },
  'balance-asked': { asking: 'balance' },
  practice: { training: true, screen: 'pricing', lines: LINES, total: 3510 },
  'practice-paid': {
    training: true,
    screen: 'result',
    payer: PAYER,
    result: result('paid', '练习：未收款', 'Practice: nothing charged', { balance_after: 4630 }),
  },
  setup: {
    screen: 'setup',
    shop: { school: '', canteen: '', stall: '', terminal: '' },
    link: { ...IDLE.link, state: 'never', last_sync: null },
    lease: null,
    period: null,
    cashier: null,
    dishes: [],
    modes: [],
    notices: [],
    setup: { busy: false, wrong: null },
  },
  'setup-wrong': {
    screen: 'setup',
    shop: { school: '', canteen: '', stall: '', terminal: '' },
    link: { ...IDLE.link, state: 'never', last_sync: null },
    lease: null,
    period: null,
    cashier: null,
    dishes: [],
    modes: [],
    notices: [],
    setup: {
      busy: false,
      wrong: words(
        '登记码不对、已用过或已过期，请核对，或在后台重新生成',
        'The code is wrong, used or expired; check it, or make a new one at the office',
      ),
    },
  },
  never: { link: { ...IDLE.link, state: 'never', last_sync: null }, lease: null },
  broken: {
    screen: 'broken',
    alarms: [
      { code: 'disk_full', ...words('存储已满，无法记录收款', 'The disk is full, sales can’t be recorded') },
    ],
  },
  roster: {
    mode: 'count',
    screen: 'present',
    total: 0,
    roster: {
      class: 'c',
      people: ['陈小雨', '阿卜杜热合曼·买买提依明江', '王磊', '李静怡', '欧阳若雪'].map((name, n) => ({
        person: `p${n}`,
        name,
        ticked: n < 2,
      })),
    },
  },
}

/** What the customer's screen is told of a picture: no full name, class, photo, number or allergy, and no reasons. */
export function forCustomer(view) {
  const payer = view.payer && { name_mask: view.payer.name_mask, balance: view.payer.balance }
  const bad = view.result?.kind === 'refused' || view.result?.kind === 'failed'
  const told = bad ? { zh: '未完成，请看收银员', en: 'Not done, please ask the cashier' } : {}
  return {
    ...view,
    setup: null,
    lease: null,
    cashier: null,
    cashiers: [],
    shift: null,
    closed: null,
    recent: [],
    found: [],
    classes: [],
    alarms: [],
    period_asked: null,
    devices: [],
    roster: null,
    dishes: undefined,
    payer,
    question: view.question && { ...view.question, zh: '请稍候', en: 'One moment, please', choices: [] },
    result: view.result && { ...view.result, ...told, detail_zh: '', detail_en: '', arrears_after: null },
  }
}
