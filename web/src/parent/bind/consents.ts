import type { ConsentText, Given } from '../wire'

/** What the server is told; `null` while one is unanswered or a required one is refused. */
export function answers(texts: ConsentText[], given: Record<string, boolean>): Given[] | null {
  const all: Given[] = []
  for (const { purpose, version, required } of texts) {
    const answer = given[purpose]
    if (answer === undefined || (required && !answer)) return null
    all.push({ purpose, version, given: answer })
  }
  return all
}
