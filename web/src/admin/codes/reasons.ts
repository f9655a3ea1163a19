// Why a code does not work, as in code/SPEC.md, in its order: what it means and what to do about it.
import { locale } from '@/shared/locale'

interface Said {
  what: string
  todo: string
}
type Four = readonly [zh: string, zhTodo: string, en: string, enTodo: string]

const REISSUE_ZH = '请在“个人码”中为本人补办，旧码随即作废。'
const REISSUE_EN = 'Reissue it under Codes; the old one ends at once.'
const FORGED_ZH = '请留下这张码或截图，问清来历，并告诉信息老师：可能是伪造的。'
const FORGED_EN =
  'Keep the code or its picture, ask where it is from, and tell whoever runs the system: it may be forged.'
const UPDATE_ZH = '请先升级服务器程序再试；仍不行，请联系维护人员。'
const UPDATE_EN = 'Update the server and try again; if that does not help, ask whoever runs it.'

export const REASONS: Record<string, Four> = {
  not_a_campus_code: [
    '这不是校园码。',
    '可能扫到了微信、支付宝的付款码、条码，或没扫全。请出示校园码再扫一次；其他系统的旧码须先由管理员接入。',
    'This is no campus code.',
    'It may be a payment code or a barcode, or was read in part. Scan the campus code again; codes of another system have to be taken over first.',
  ],
  malformed: [
    '码的内容不完整或被改动。',
    `请把码放平、擦净再扫一次，并检查扫码枪设置。多次如此：${REISSUE_ZH}`,
    'The code is incomplete or was changed.',
    `Flatten and clean it, scan again, and check the scanner’s settings. If it stays: ${REISSUE_EN}`,
  ],
  unsupported_version: [
    '码的版本比本系统新。',
    UPDATE_ZH,
    'The code is of a version that this server does not know.',
    UPDATE_EN,
  ],
  unknown_key: [
    '签发这张码的密钥不在名单里。',
    `可能是别的系统签发的，或恢复了较旧的备份。确认是本校发的：${REISSUE_ZH}`,
    'The key that signed this code is not on the list.',
    `Another system may have issued it, or an old backup was restored. If the school issued it: ${REISSUE_EN}`,
  ],
  wrong_school: [
    '这是别的学校的码。',
    '请出示本校的码；转学来的学生请先导入名单再发码。',
    'This code is another school’s.',
    'Ask for a code of this school; whoever moved here is imported first and then given one.',
  ],
  wrong_purpose: [
    '签这张码的密钥不是用来签个人码的。',
    FORGED_ZH,
    'The key that signed this is not for codes of people.',
    FORGED_EN,
  ],
  key_not_valid_now: [
    '签发这张码的密钥已过有效期，或尚未生效。',
    `请先检查服务器时间。时间无误：${REISSUE_ZH}`,
    'The key that signed this code has ended, or has not begun.',
    `Check the server’s clock first. If it is right: ${REISSUE_EN}`,
  ],
  bad_signature: ['签名不对：不是本校签发的，或被改动过。', FORGED_ZH, 'The school did not sign this.', FORGED_EN],
  bad_device_signature: [
    '凭证是本校发的，但这个动态码不是那部手机签的。',
    '请本人在自己的手机上重新打开动态码页面再扫。仍不行：停用这部手机并重新绑定，并问清码的来历。',
    'The school issued the credential, but this phone did not sign the code.',
    'Let the holder open the page again on their own phone. If it stays, remove the phone, enrol it again, and ask where the code is from.',
  ],
  clock_wrong: [
    '服务器的时间不对。',
    '请校准服务器时间（建议开启自动对时），再扫一次。',
    'The server’s clock is wrong.',
    'Set the server’s clock, best by NTP, and scan again.',
  ],
  expired: [
    '已过有效期。',
    `印刷码：${REISSUE_ZH}手机动态码：请连上网络重新打开页面。`,
    'It has expired.',
    `A printed code: ${REISSUE_EN} A phone: open the page again with a network.`,
  ],
  lost: [
    '已挂失。',
    '找回了：核实本人后在“个人码”中解挂。找不到：补办，旧码作废。',
    'It was reported lost.',
    'Found again: make sure who it is and reinstate it under Codes. Not found: reissue it.',
  ],
  cancelled: [
    '已作废，补办过新码。',
    '请本人使用新码；还没拿到的，在“个人码”中打印新码。旧码请剪掉。',
    'It was cancelled: there is a newer one.',
    'The holder uses the newer code; print it under Codes. Cut the old one up.',
  ],
  account_stopped: [
    '账户已停用：已冻结、已停用或已离校。',
    '请在“人员”和“账户查询”中查看原因；冻结的，由有权限的老师解冻。',
    'The account is stopped: frozen, suspended or left.',
    'Look under People and Accounts for the reason; a frozen one can be unfrozen there.',
  ],
  from_the_future: [
    '手机时间比服务器快 {seconds} 秒。',
    '请在手机设置中打开“自动设置时间”，重新打开动态码页面再扫。',
    'The phone’s clock is {seconds} s ahead.',
    'Let the phone set its time automatically, open the page again, and scan.',
  ],
  stale: [
    '这个动态码是 {seconds} 秒前的。',
    '请不要用截图。打开动态码页面等新码出现再扫；仍不行，请在手机设置中打开“自动设置时间”。',
    'This dynamic code is {seconds} s old.',
    'No screenshots: open the page, wait for a new code, and scan it. If that does not help, let the phone set its time automatically.',
  ],
  replayed: [
    '这个动态码已经用过。',
    '请等下一个码出现（约 10 秒）再扫。若本人没用过，可能被截屏转发，请停用这部手机。',
    'This dynamic code was used already.',
    'Wait some ten seconds for the next one. If the holder did not use it, it may have been passed on: remove the phone.',
  ],
  memory_full: [
    '终端记不下更多手机的使用记录。',
    '请让终端连上网络，由服务器判断；离线时改用印刷码。',
    'The reader has no room to remember more phones.',
    'Connect the reader to the network, so that the server decides; offline, use the printed code.',
  ],
}

/** In words; a reason that is newer than this page is named as it is. */
export function reasonWords(reason: string, seconds: number | null | undefined): Said {
  const of = REASONS[reason] ?? [`不能使用（${reason}）。`, UPDATE_ZH, `It does not work (${reason}).`, UPDATE_EN]
  const english = locale.value === 'en'
  return { what: of[english ? 2 : 0].replace('{seconds}', String(seconds ?? '?')), todo: of[english ? 3 : 1] }
}
