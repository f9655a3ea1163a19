import { describe, expect, it } from 'vitest'
import { changedBody, fitted, formOf, newBody } from '@/admin/people/person'

const person = {
  id: 'p',
  kind: 'student',
  number: '20260101',
  name: '王小明',
  class: { id: 'c', name: '七年级1班' },
  status: 'active',
  gender: 'm',
  id_number_masked: '110***********002X',
  phone_masked: '138****8000',
  has_photo: false,
  allergens: ['花生'],
}

describe('the form of a person', () => {
  it('sends nothing when nothing was changed', () => {
    expect(changedBody(formOf(person), person)).toEqual({})
  })

  it('never sends a masked field back', () => {
    const form = { ...formOf(person), phone: '13900139000' }
    expect(changedBody(form, person)).toEqual({ phone: '13900139000' })
  })

  it('sends what was changed, and an emptied gender', () => {
    const form = { ...formOf(person), name: '王晓明', gender: '', allergens: [] }
    expect(changedBody(form, person)).toEqual({ name: '王晓明', gender: '', allergens: [] })
  })

  it('leaves the class of new staff open', () => {
    const form = { ...formOf(), kind: 'staff', number: 'T1', name: '李老师' }
    expect(newBody(form)).toMatchObject({ kind: 'staff', number: 'T1', class: null })
  })
})

describe('a photo', () => {
  it.each([
    [3000, 4000, 540, 720],
    [4000, 3000, 720, 540],
    [300, 400, 300, 400],
    [9000, 1, 720, 1],
  ])('of %i × %i is sent as %i × %i', (w, h, width, height) => {
    expect(fitted(w, h, 720)).toEqual({ width, height })
  })
})
