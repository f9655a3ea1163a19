// English of the messages and of how they come.
import type { Like } from '../words'
import type { zh } from './messages'

const en: Like<typeof zh> = {
  preferences: 'Message settings',
  preferences_about: 'Which messages, how and when',
  new: 'New',
  none_yet: 'No messages yet. Purchases, top-ups and the school’s answers appear here.',
  push: 'Notify this device',
  push_about: 'Even while this app is closed',
  push_unable: 'This browser can’t notify. Messages still appear under “Messages”.',
  push_refused: 'The browser does not allow notifications. Allow them in its settings, then come back.',
  quiet: 'Quiet hours',
  quiet_about: 'Messages wait meanwhile, except safety and payments gone wrong',
  quiet_from: 'From',
  quiet_to: 'To',
  way_in_app: 'Messages page',
  way_push: 'This device',
  way_wechat: 'WeChat',
  way_alipay: 'Alipay',
  way_sms: 'SMS',
  fixed: 'These are always kept on the messages page.',
  order_of_ways: 'With several ways the order is device, WeChat, Alipay, SMS; the first that arrives is enough.',
  kind_sign_in_code: 'Sign-in code',
  kind_purchase: 'Purchase',
  kind_purchase_undone: 'Purchase undone',
  kind_topup: 'Top-up arrived',
  kind_topup_late: 'Top-up arrived late',
  kind_refund: 'Refund',
  kind_low_balance: 'Low balance',
  kind_arrears: 'To be paid later',
  kind_meal_missed: 'No meal recorded',
  kind_loss_reported: 'Reported lost',
  kind_frozen: 'Frozen',
  kind_binding_asked: 'A binding is asked for',
  kind_binding_answered: 'Binding answered',
  kind_data_report_answered: 'Wrong data answered',
  kind_complaint_answered: 'Question answered',
  kind_copy_alarm: 'A code may be copied',
}

export default en
