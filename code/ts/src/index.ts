// The verifier, for kiosks. A phone needs none of it: it imports `@yitong/code/device`, which is tiny.

export type { Allowance, Caps } from './age'
export type { Protection } from './layout'
export { LegacyList, type LegacyHead } from './legacy'
export { Memory, type Use } from './memory'
export { integratorKey, pairwiseId } from './pairwise'
export type { Result } from './result'
export { readSchool, type School } from './school'
export { StatusList, type CardState, type StatusHead } from './status'
export type { KeyBytes, Suite } from './suite'
export { Trust, type ListProblem, type Purpose, type Root, type TrustedKey } from './trust'
export {
  REASONS,
  verify,
  type Kind,
  type Now,
  type Reason,
  type ReasonCode,
  type Replay,
  type Status,
  type Verified,
} from './verify'
