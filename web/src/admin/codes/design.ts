// What stands on the cards of a school, and how they are printed: kept in this browser, the one beside the printer.
import { reactive, watch } from 'vue'
import { t } from './messages'
import type { Arrangement } from './paper'

export interface Design extends Arrangement {
  photo: boolean
  number: boolean
  school: string
  /** One to four signs in a frame before the school's name. */
  mark: string
  title: string
  return_to: string
  hint: string
}

export const MARK_SIGNS_MAX = 4
export const NAME_SIGNS_MAX = 40
export const BACK_SIGNS_MAX = 120

type Kept = Pick<Storage, 'getItem' | 'setItem'>
const key = (school: string) => `yitong.cards.${school}`

export function usualDesign(name: string): Design {
  return {
    layout: 'a4',
    order: 'class',
    each_class: false,
    back: false,
    photo: false,
    number: true,
    school: name,
    mark: '',
    title: t('card_word'),
    return_to: t('return_usual', { school: name }),
    hint: t('hint_usual'),
  }
}

/** The design of a school as it was left; what can't be read is as usual. */
export function keptDesign(school: { id: string; name: string }, kept: Kept): Design {
  const usual = usualDesign(school.name)
  let before: unknown = null
  try {
    before = JSON.parse(kept.getItem(key(school.id)) ?? 'null')
  } catch {
    // Written by another version: as usual, then.
  }
  if (typeof before !== 'object' || before === null) return usual
  const same = Object.entries(before).filter(([name, of]) => typeof of === typeof usual[name as keyof Design])
  const design: Design = { ...usual, ...Object.fromEntries(same) }
  if (design.layout !== 'cr80') design.layout = 'a4'
  if (design.order !== 'number') design.order = 'class'
  return design
}

export function useDesign(school: { id: string; name: string }): Design {
  const design = reactive(keptDesign(school, localStorage))
  // Found cards go where the card says it is from, until somebody writes another place.
  watch(
    () => design.school,
    (now, before) => {
      if (design.return_to === t('return_usual', { school: before }))
        design.return_to = t('return_usual', { school: now })
    },
  )
  // Only what differs is kept: the usual words follow the language and the school's name.
  watch(design, (now) => {
    const usual = usualDesign(school.name)
    const own = Object.entries(now).filter(([name, of]) => of !== usual[name as keyof Design])
    localStorage.setItem(key(school.id), JSON.stringify(Object.fromEntries(own)))
  })
  return design
}
