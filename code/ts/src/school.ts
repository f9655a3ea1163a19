// A school's id: sixteen bytes in codes and lists, a text with hyphens (RFC 9562) everywhere else.
import { bytesOfHex, hexOf } from './bytes'

/** Lower case, with hyphens, as the server's API writes it. */
export type School = string

export const SCHOOL_BYTES = 16

export const schoolOf = (bytes: Uint8Array): School =>
  hexOf(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** Any case, with hyphens or without. `null`: no id. */
export function readSchool(text: string): School | null {
  const bytes = bytesOfHex(text.replaceAll('-', ''))
  return bytes?.length === SCHOOL_BYTES ? schoolOf(bytes) : null
}

export const schoolBytes = (school: School): Uint8Array =>
  bytesOfHex(school.replaceAll('-', '')) ?? new Uint8Array()
