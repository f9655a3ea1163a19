// English of the door and of the first-use guide.
import type { Like } from '../words'
import type { zh } from './messages'

const en: Like<typeof zh> = {
  welcome: 'Hello',
  welcome_about: 'Top up for your child, see meals and purchases, wherever you are.',
  expired: 'Your session is over. Please sign in again.',
  linking: 'Sign in with your phone number once; after that one tap is enough.',
  phone: 'Mobile number',
  phone_wrong: 'Enter the eleven digits of a mobile number',
  code: 'Code',
  sent: 'A code was sent to {to}; it is good for 5 minutes',
  send: 'Send me a code',
  sending: 'Sending…',
  again: 'Send again',
  again_in: 'Again in {n} s',
  enter: 'Sign in',
  entering: 'Signing in…',
  no_code: 'No message? Check the number and blocked messages, then send again after the countdown.',
  about_phone: 'The number is for signing in and for messages only; other parents never see it.',
  wechat: 'Sign in with WeChat',
  alipay: 'Sign in with Alipay',
  provider_failed: 'That did not work; please sign in with your phone number.',
  free: 'Free for parents',
  guide_title: 'Four things to know',
  guide_bind: 'Bind your child',
  guide_bind_say:
    'Enter the name, the number and the 12 characters of the letter; without a letter ask the school.',
  guide_topup: 'Top up',
  guide_topup_say: 'Pay by WeChat, Alipay or UnionPay; it can be spent at once. The result page has the last word.',
  guide_see: 'See purchases',
  guide_see_say: 'Each with its dishes, place and balance; in doubt, ask the school right there.',
  guide_guard: 'Freeze and limits',
  guide_guard_say: 'A lost code is frozen or reported in two taps; set limits per meal and day, and allergens.',
  guide_start: 'Bind a child',
  guide_later: 'Later',
  guide_home: 'Begin',
}

export default en
