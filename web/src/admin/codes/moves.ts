// Reporting lost, reinstating and reissuing: asked first, then done.
import { api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'
import { confirmDanger } from '../parts/confirm'
import { doOnce } from '../parts/read'
import { t } from './messages'

export type Credential = Schemas['Credential']
export type Move = 'report_lost' | 'reinstate' | 'reissue'

/** What can be done with a code in this state. */
export function movesOf(status: string): Move[] {
  if (status === 'active') return ['report_lost', 'reissue']
  return status === 'lost' ? ['reinstate', 'reissue'] : []
}

function send(move: Move, id: string) {
  const params = { path: { ...here(), id } }
  if (move === 'report_lost') return api.POST('/api/v1/schools/{school}/credentials/{id}/report-lost', { params })
  if (move === 'reinstate') return api.POST('/api/v1/schools/{school}/credentials/{id}/reinstate', { params })
  return api.POST('/api/v1/schools/{school}/credentials/{id}/reissue', { params })
}

/** The code as it is after the move: of a reissue, the new one. Null when it was not done. */
export async function make(move: Move, code: Credential): Promise<Credential | null> {
  const name = code.person.name
  const yes = await confirmDanger({
    title: t(`${move}_title`, { name }),
    text: t(`${move}_text`),
    action: t(move),
    kind: move === 'reinstate' ? 'primary' : 'danger',
  })
  if (!yes) return null
  let after: Credential | null = null
  const words = t(`${move}_done`, { name, n: code.issue_number + 1 })
  const done = await doOnce(async () => (after = await ask(send(move, code.id))), words)
  return done ? after : null
}
