// Words of the health page; what each check says comes from the server.
import { messages } from '@/shared/locale'

const zh = {
  title: '系统状态',
  about: '服务器是否一切正常；有问题时，该做什么。',
  all_ok: '一切正常',
  all_warn: '有需要留意的事项',
  all_bad: '有问题，请尽快处理',
  ok: '正常',
  warn: '留意',
  bad: '异常',
  unknown: '无法得知',
  as_of: '检查时间 {at}',
  version: '版本 {version}',
  up_days: '已运行 {days} 天 {hours} 小时',
  to_do: '该做什么',
  backups: '已验证的备份',
  no_backups: '还没有备份。请按运维文档设置自动备份。',
  file: '文件',
  made_at: '时间',
  entries: '分录数',
  size: '大小（字节）',
}

const en: { [K in keyof typeof zh]: string } = {
  title: 'Health',
  about: 'Whether the server is well, and what to do when it is not.',
  all_ok: 'All is well',
  all_warn: 'Some things want attention',
  all_bad: 'Something is wrong; see to it soon',
  ok: 'OK',
  warn: 'Attention',
  bad: 'Wrong',
  unknown: 'Not known',
  as_of: 'Checked at {at}',
  version: 'Version {version}',
  up_days: 'Up for {days} {days|day|days} {hours} {hours|hour|hours}',
  to_do: 'What to do',
  backups: 'Verified backups',
  no_backups: 'There is no backup yet. Set up automatic backups as the operations guide says.',
  file: 'File',
  made_at: 'Made at',
  entries: 'Entries',
  size: 'Size (bytes)',
}

export const t = messages(zh, en)
