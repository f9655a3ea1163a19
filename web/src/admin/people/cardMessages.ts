// Words of cards that name a person by their number.
import { messages } from '@/shared/locale'

const zh = {
  cards: '实体卡',
  about: '刷卡时终端按卡号认人。卡号可以被复制，所以限额低、须核对照片（见“消费规则”）。',
  none: '还没有绑定卡。',
  active: '可用',
  lost: '已挂失',
  ended: '已停用',
  bound: '{at} 绑定',
  bind: '绑定卡',
  replace: '换卡',
  bind_title: '为“{name}”绑定卡',
  replace_title: '换掉卡 {mask}',
  number: '卡号',
  number_hint: '把光标放在这里，在读卡器上刷卡；也可手工输入十六进制卡号',
  bound_done: '已绑定，终端几秒内可用。',
  lose: '挂失',
  lose_title: '挂失卡 {mask}？',
  lose_text: '在线的终端几秒内拒收。找到后可以解挂。',
  lost_done: '已挂失。',
  reinstate: '解挂',
  reinstated: '已解挂。',
  end: '停用',
  end_title: '停用卡 {mask}？',
  end_text: '此卡不再认作此人，可以绑定给别人。',
  ended_done: '已停用。',
}

const en: { [K in keyof typeof zh]: string } = {
  cards: 'Cards',
  about:
    'A terminal knows the person by the number of a card. A number can be copied, so it buys little and the photo is compared (see the policies).',
  none: 'No card is bound yet.',
  active: 'Good',
  lost: 'Lost',
  ended: 'Taken away',
  bound: 'Bound {at}',
  bind: 'Bind a card',
  replace: 'Replace',
  bind_title: 'Bind a card to “{name}”',
  replace_title: 'Another card for {mask}',
  number: 'Number',
  number_hint: 'Put the cursor here and hold the card to a reader, or type its hexadecimal number',
  bound_done: 'Bound; terminals know it within seconds.',
  lose: 'Report lost',
  lose_title: 'Report card {mask} lost?',
  lose_text: 'Online terminals refuse it within seconds. When it is found it can be reinstated.',
  lost_done: 'It is reported lost.',
  reinstate: 'Reinstate',
  reinstated: 'It is good again.',
  end: 'Take away',
  end_title: 'Take card {mask} away?',
  end_text: 'It does not name this person any more, and can be given to somebody else.',
  ended_done: 'Taken away.',
}

export const t = messages(zh, en)
