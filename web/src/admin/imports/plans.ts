// What the pages of a plan say: its title, its columns, its changes. What a plan may do is decided by the server.
import type { Schemas } from '@/shared/api/client'
import { t } from './messages'

export type Plan = Schemas['Plan']
export type PlanRow = Schemas['PlanRowWire']
export type Verdict = 'add' | 'change' | 'refuse' | 'same'
export const VERDICTS: Verdict[] = ['add', 'change', 'refuse', 'same']

/** Columns are called as Excel calls them: 0 is A, 26 is AA. */
export function letter(index: number): string {
  const rest = index >= 26 ? letter(Math.floor(index / 26) - 1) : ''
  return rest + String.fromCharCode(65 + (index % 26))
}

/** An import is called by its file; a move by its kind and what it is about. */
export function planTitle(plan: Pick<Plan, 'kind' | 'file_name'>): string {
  if (plan.kind === 'import') return plan.file_name
  const about = plan.file_name.split(' ').slice(1).join(' ')
  return `${t(kindKey(plan.kind))} ${about}`.trim()
}

export function kindKey(kind: string) {
  const keys = { promotion: 'promotion', transfer: 'transfer', leaving: 'leaving' } as const
  return keys[kind as keyof typeof keys] ?? 'import'
}

export function verdictKey(verdict: string) {
  const keys = { add: 'v_add', change: 'v_change', refuse: 'v_refuse', same: 'v_same' } as const
  return keys[verdict as Verdict] ?? 'v_same'
}

export function stateKey(state: string) {
  const keys = { mapping: 's_mapping', ready: 's_ready', applying: 's_applying', applied: 's_applied' } as const
  return keys[state as keyof typeof keys] ?? 's_discarded'
}

const FIELDS = {
  number: 'f_number',
  name: 'f_name',
  class: 'f_class',
  grade: 'f_grade',
  gender: 'f_gender',
  id_number: 'f_id_number',
  phone: 'f_phone',
  joined_on: 'f_joined_on',
  status: 'f_status',
} as const

export function fieldWord(field: string): string {
  const key = FIELDS[field as keyof typeof FIELDS]
  return key ? t(key) : field
}

/** A value before or after, in words; personal fields come masked and stay so. */
export function valueWord(field: string, value: string): string {
  if (!value) return t('nothing')
  if (value === '***') return t('kept_hidden')
  if (field === 'gender') return t(value === 'm' ? 'male' : 'female')
  if (field === 'status') return t(value === 'left' ? 'left' : value === 'suspended' ? 'suspended' : 'active')
  if (field === 'joined_on') return value.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3')
  return value
}

/** Which field each column was chosen to be, by the column's index. */
export type Chosen = Record<number, string>
type Column = Schemas['PlanColumn']

export function chosenOf(columns: Column[]): Chosen {
  return Object.fromEntries(columns.flatMap((of) => (of.field ? [[of.index, of.field]] : [])))
}

/** In another sheet: choices are kept for the columns that have the same heading there. */
export function carried(before: Column[], chosen: Chosen, after: Column[]): Chosen {
  const kept: Chosen = {}
  const taken = new Set<string>()
  for (const column of after) {
    const same = before.find((old) => old.header && old.header === column.header && chosen[old.index])
    const field = column.field ?? (same && chosen[same.index])
    if (!field || taken.has(field)) continue
    kept[column.index] = field
    taken.add(field)
  }
  return kept
}

/** Whole per cent of what is done; a plan without work is done. */
export function percent(progress: Plan['progress']): number {
  if (progress.total <= 0) return 100
  return Math.min(100, Math.floor((progress.done * 100) / progress.total))
}
