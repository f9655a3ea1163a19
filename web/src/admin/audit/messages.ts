// Words of the audit trail.
import { messages } from '@/shared/locale'

const zh = {
  title: '操作记录',
  about: '谁在什么时候、从哪里改了什么，改之前和之后是什么。不能修改或删除。',
  find: '姓名、对象或编号',
  any_action: '全部操作',
  action: '操作',
  actor: '操作人：{name}',
  only_actor: '只看此人的操作',
  no_user: '本人手机',
  clear: '清除条件',
  empty: '没有符合条件的操作。请放宽日期或其他条件。',
  from_ip: '来自 {ip}',
  from_here: '来自服务器本身',
  changes: '{count} 处变化',
  noted: '记录了 {count} 项',
  nothing: '没有记录内容',
  field: '项目',
  before: '之前',
  after: '之后',
  yes: '是',
  no: '否',
  none: '无',
  whole: '内容',
}

const en: { [K in keyof typeof zh]: string } = {
  title: 'Audit trail',
  about: 'Who changed what, when and from where, before and after. It can’t be changed or removed.',
  find: 'Name, subject or ID',
  any_action: 'All actions',
  action: 'Action',
  actor: 'By {name}',
  only_actor: 'Only what this user did',
  no_user: 'The own phone',
  clear: 'Clear filters',
  empty: 'No change matches. Choose more days or fewer filters.',
  from_ip: 'From {ip}',
  from_here: 'From the server itself',
  changes: '{count} {count|change|changes}',
  noted: '{count} {count|field|fields} noted',
  nothing: 'Nothing noted',
  field: 'What',
  before: 'Before',
  after: 'After',
  yes: 'Yes',
  no: 'No',
  none: 'None',
  whole: 'Content',
}

export const t = messages(zh, en)
