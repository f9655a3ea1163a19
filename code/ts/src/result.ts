// A refusal is an answer, not an exception: it has to be looked at before the value can be.

export type Result<T, E> = { ok: true; value: T } | { ok: false; why: E }

export const good = <T>(value: T): { ok: true; value: T } => ({ ok: true, value })
export const refused = <E>(why: E): { ok: false; why: E } => ({ ok: false, why })
