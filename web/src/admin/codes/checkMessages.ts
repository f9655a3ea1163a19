// Words of checking a code.
import { messages } from '@/shared/locale'

const zh = {
  title: '验码',
  about: '扫一下，看是谁的码、能不能用；不能用时说明原因和办法。只查看，不扣款，也不保存扫到的内容。',
  field: '用扫码枪扫，或粘贴码的内容',
  ready: '请扫码',
  checking: '正在核验…',
  check: '核验',
  good: '有效',
  bad: '不能用',
  todo: '怎么办',
  kind: '种类',
  static: '印刷码',
  dynamic: '手机动态码',
  legacy: '其他系统的旧码',
  ends: '有效期至',
  open_person: '查看人员',
  open_codes: '查看其个人码',
  nobody: '码有效，但找不到是谁的：请联系维护人员。',
  next: '可接着扫下一张',
}

const en: { [K in keyof typeof zh]: string } = {
  title: 'Check a code',
  about:
    'Scan it to see whose it is and whether it works; if not, why, and what to do. Nothing is charged, and what was read is not kept.',
  field: 'Scan or paste a code',
  ready: 'Scan a code',
  checking: 'Checking…',
  check: 'Check',
  good: 'Works',
  bad: 'Does not work',
  todo: 'What to do',
  kind: 'Kind',
  static: 'Printed code',
  dynamic: 'Dynamic code of a phone',
  legacy: 'Code of another system',
  ends: 'Valid until',
  open_person: 'Open the person',
  open_codes: 'Their codes',
  nobody: 'The code works, but whose it is was not found: ask whoever runs the system.',
  next: 'The next one can be scanned right away',
}

export const t = messages(zh, en)
