// Words of the door and of the first-use guide.
import { words } from '../words'

export const zh = {
  welcome: '您好，家长',
  welcome_about: '给孩子充值、查看就餐和消费，随时随地。',
  expired: '登录已过期，请重新登录。',
  linking: '请先用手机号登录一次，之后即可一键登录。',
  phone: '手机号',
  phone_wrong: '请输入 11 位手机号',
  code: '验证码',
  sent: '验证码已发送到 {to}，5 分钟内有效',
  send: '获取验证码',
  sending: '正在发送…',
  again: '重新获取',
  again_in: '{n} 秒后可重发',
  enter: '登录',
  entering: '正在登录…',
  no_code: '收不到？请检查号码和短信拦截，等倒计时结束后重新获取。',
  about_phone: '手机号只用于登录和接收通知，不会告诉其他家长。',
  wechat: '微信一键登录',
  alipay: '支付宝一键登录',
  provider_failed: '一键登录没有成功，请用手机号登录。',
  free: '不向家长收取任何费用',
  guide_title: '四步就会用',
  guide_bind: '绑定孩子',
  guide_bind_say: '输入姓名、学号和通知单上的 12 位绑定码；没有通知单可以请学校审批。',
  guide_topup: '充值',
  guide_topup_say: '微信、支付宝或银联付款，到账后立即可用。结果以“充值结果”页为准。',
  guide_see: '查看消费',
  guide_see_say: '每一笔都有菜品、地点和余额；有疑问可以直接向学校提出。',
  guide_guard: '冻结与限额',
  guide_guard_say: '码丢了，点两下就能冻结或挂失；也可以设置每餐、每天的限额和忌口。',
  guide_start: '去绑定孩子',
  guide_later: '稍后再说',
  guide_home: '开始使用',
}

export const t = words('signin', zh)
