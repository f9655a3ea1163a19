// The first letters of a name in pinyin, so that a dish is found by three keys. The browser knows the order of the
// characters; the first character of each letter is enough of a table.

const FIRST: [string, string][] = [
  ['a', '阿'],
  ['b', '八'],
  ['c', '嚓'],
  ['d', '哒'],
  ['e', '妸'],
  ['f', '发'],
  ['g', '旮'],
  ['h', '哈'],
  ['j', '讥'],
  ['k', '咔'],
  ['l', '垃'],
  ['m', '妈'],
  ['n', '拏'],
  ['o', '噢'],
  ['p', '妑'],
  ['q', '七'],
  ['r', '呥'],
  ['s', '仨'],
  ['t', '它'],
  ['w', '穵'],
  ['x', '夕'],
  ['y', '丫'],
  ['z', '帀'],
]
const HAN = /\p{Script=Han}/u
const collator = new Intl.Collator('zh-CN-u-co-pinyin')

function letter(character: string): string {
  if (!HAN.test(character)) return /[a-z0-9]/i.test(character) ? character.toLowerCase() : ''
  return FIRST.reduce((found, [latin, first]) => (collator.compare(character, first) >= 0 ? latin : found), '')
}

export function initials(name: string): string {
  return [...name].map(letter).join('')
}

interface Named {
  name: string
  name_en?: string | null | undefined
  barcode: string
}

/** By a part of the name in either language, by initials from their begin, or by the whole barcode. */
export function fits(dish: Named, asked: string): boolean {
  const q = asked.trim().toLowerCase()
  if (!q) return true
  const named = dish.name.toLowerCase().includes(q) || (dish.name_en ?? '').toLowerCase().includes(q)
  return named || dish.barcode === q || initials(dish.name).startsWith(q)
}
