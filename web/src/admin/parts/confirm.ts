// Asks before something that can't be taken back lightly; gives the reason, or null when it was not wanted.
import { shallowRef } from 'vue'

export interface Question {
  title: string
  text: string
  action: string
  /** Whether a reason is asked for; it is kept in the audit trail. */
  reason?: 'required' | 'optional'
  kind?: 'danger' | 'primary'
}

export const asked = shallowRef<{ question: Question; answer: (reason: string | null) => void } | null>(null)

export function confirmDanger(question: Question): Promise<{ reason: string } | null> {
  return new Promise((resolve) => {
    asked.value = {
      question,
      answer: (reason) => ((asked.value = null), resolve(reason === null ? null : { reason })),
    }
  })
}
