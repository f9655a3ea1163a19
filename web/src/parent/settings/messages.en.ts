// English of oneself, the settings and the help.
import type { Like } from '../words'
import type { zh } from './messages'

const en: Like<typeof zh> = {
  no_name: 'Guardian',
  children: 'Children',
  state_pending: 'Waiting',
  state_refused: 'Refused',
  state_locked: 'Locked',
  messages: 'Message settings',
  settings: 'Settings',
  settings_about: 'Name, large print, language',
  help: 'Help',
  sign_out: 'Sign out',
  sign_out_ask: 'This device will no longer show your children.',
  name: 'Your name',
  name_hint: 'The school and other guardians see a part of it',
  elder: 'Large print',
  elder_about: 'Larger words, larger buttons, less on a page',
  language: 'Language 语言',
  // Each language by its own name, so that whoever reads only one finds it.
  chinese: '中文',
  english: 'English',
  erase: 'Erase my account',
  erase_about: 'Your phone number, name and bindings',
  erase_goes: 'What is erased',
  erase_goes_you: 'Your phone number and name, linked WeChat or Alipay, and every session on every device.',
  erase_goes_children: 'Your bindings to all children. Other guardians keep theirs.',
  erase_goes_messages: 'All your messages, and the addresses they went to.',
  erase_stays: 'What stays',
  erase_stays_money:
    'Entries of top-ups and refunds: books are never altered. They hold neither your name nor your phone.',
  erase_stays_consents: 'What you agreed to and withdrew, as proof, without your phone.',
  erase_stays_lock:
    'If a school locked you out of a child: a keyed fingerprint of your phone, so that the lock holds.',
  erase_balance:
    'The balance is the child’s and is not paid out; ask the school first if you want it back. While a top-up has no final answer, nothing is erased.',
  erase_code_about: 'To be sure that it is you, a code is sent to {phone}.',
  erase_code: 'Code',
  erase_sent: 'Sent to {to}',
  erase_send: 'Send the code',
  erase_again: 'Again in {seconds} s',
  erase_ask: 'Erase your account?',
  erase_ask_about:
    'It can’t be brought back. The same phone is a new account later, and children have to be bound again.',
  erase_yes: 'Erase',
  erased: 'The account is erased',
  guide: 'See the guide again',
  help_rest: 'Still stuck? Ask the school office, with the last four digits of your number.',
  q_bind: 'Where is the binding code?',
  a_bind:
    'On the school’s binding letter; it has 12 characters. The school prints a new one, or choose “Ask the school”.',
  q_topup: 'How can I pay?',
  a_topup:
    'As the school has set up, usually WeChat, Alipay and UnionPay. Inside WeChat only WeChat Pay works, inside Alipay only Alipay.',
  q_late: 'I paid, and the balance is the same?',
  a_late: 'Look at the result page. While it is “being confirmed” do not pay again; we keep asking and tell you.',
  q_arrears: 'What is “to be paid later”?',
  a_arrears: 'With too little balance the school lets the child eat first. A top-up pays it back, without any fee.',
  q_lost: 'The code is lost?',
  a_lost:
    'On the home page tap “Freeze / lost”, then “Report it lost”. Reinstate it when found, or ask for a new one.',
  q_limits: 'How do I limit spending?',
  a_limits: 'Under “Me → child → Limits” set what may be spent a purchase, a meal and a day, and what not to buy.',
  q_missed: 'Why does it say “No meal recorded”?',
  a_missed:
    'Only that no code was read. Food from home, leave, an outing or a counter without a network leave no record.',
  q_wrong: 'Something is wrong with a purchase?',
  a_wrong: 'Open it and tap “Something is wrong with it”. The school answers by the day that it promises.',
  q_data: 'Something about my child is wrong?',
  a_data: 'Under “Me → child → Wrong data” write what is right; the school corrects it.',
  q_home: 'How do I put it on the home screen?',
  a_home: 'Choose “Add to Home Screen” in the browser’s menu; it opens from its icon and can notify you.',
}

export default en
