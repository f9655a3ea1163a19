// Where somebody wanted to go before the door stood in the way.
const KEY = 'yitong.after'

export const keepPlace = (place: string) => sessionStorage.setItem(KEY, place)

export function takePlace(): string | null {
  const place = sessionStorage.getItem(KEY)
  sessionStorage.removeItem(KEY)
  return place
}
