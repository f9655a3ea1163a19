// A moment as people read it: the time, and the day when it is not today's.
import { locale } from '@/shared/locale'

export function moment(ms: number, now: number): string {
  const of = new Date(ms)
  const sameDay = of.toDateString() === new Date(now).toDateString()
  const day = sameDay ? {} : ({ month: 'numeric', day: 'numeric' } as const)
  const tag = locale.value === 'en' ? 'en-GB' : 'zh-CN'
  return new Intl.DateTimeFormat(tag, { ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(of)
}
