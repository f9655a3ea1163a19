// Words of the messages and of how they come.
import { words } from '../words'

export const zh = {
  preferences: '消息设置',
  preferences_about: '哪些消息、用什么方式、什么时间',
  new: '新',
  none_yet: '还没有消息。消费、充值和学校的答复会显示在这里。',
  push: '在这台设备上提醒',
  push_about: '不打开本页也能收到',
  push_unable: '这个浏览器不支持提醒。消息仍会显示在“消息”里。',
  push_refused: '浏览器不允许提醒。请在浏览器或手机设置里允许通知，再回到这里。',
  quiet: '免打扰',
  quiet_about: '这段时间的消息会推迟；安全和付款异常除外',
  quiet_from: '从',
  quiet_to: '到',
  kinds: '哪些消息怎样通知',
  comma: '、',
  nowhere: '不通知',
  way_in_app: '消息页',
  way_push: '设备提醒',
  way_wechat: '微信',
  way_alipay: '支付宝',
  way_mail: '邮件',
  way_sms: '短信',
  fixed: '消息页里总会保留这一类。',
  meal_missed_about: '餐次结束后没有消费记录时提醒。孩子也可能在校外用餐或请假，仅供参考。',
  meal_missed_not_offered: '孩子的学校没有开通这个提醒，选了也不会收到。',
  mail: '邮箱',
  mail_none: '填写邮箱后，消息也可以发到邮箱。',
  mail_kept: '下面每一类消息都可以单独选择是否发邮件。',
  mail_gone: '这个邮箱已经收不到邮件，请更换。',
  mail_off: '学校目前没有开通邮件，暂时不会发送。',
  mail_add: '添加邮箱',
  mail_change: '更换',
  mail_address: '邮箱地址',
  mail_send: '发送验证码',
  mail_again: '{seconds} 秒后可重新发送',
  mail_code: '验证码',
  mail_sent: '已发到 {to}，5 分钟内有效。没有收到时请看看垃圾邮件。',
  mail_confirm: '确认',
  mail_forget: '移除邮箱',
  mail_forget_ask: '移除后不再发邮件，其他方式不变。',
  order_of_ways: '勾选几种方式时，按设备提醒、微信、支付宝、邮件、短信的顺序发送，一种送达即止。',
  kind_sign_in_code: '登录验证码',
  kind_purchase: '消费',
  kind_purchase_undone: '消费撤销',
  kind_topup: '充值到账',
  kind_topup_late: '充值较晚到账',
  kind_refund: '退款',
  kind_low_balance: '余额不足',
  kind_arrears: '延迟扣款',
  kind_meal_missed: '没有就餐记录',
  kind_loss_reported: '挂失',
  kind_frozen: '冻结',
  kind_binding_asked: '新的绑定申请',
  kind_binding_answered: '绑定审批结果',
  kind_data_report_answered: '信息更正答复',
  kind_complaint_answered: '疑问答复',
  kind_copy_alarm: '码可能被复制',
}

export const t = words('inbox', zh)

/** A kind that is newer than this page is named by its own word. */
export function kindName(kind: string): string {
  const key = `kind_${kind}`
  return key in zh ? t(key as keyof typeof zh) : kind
}
