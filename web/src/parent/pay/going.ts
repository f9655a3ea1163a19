// An order that was made a moment ago and not yet handed to its channel: the result page hands it over once. A reload
// or a way back from the channel does not send the payer there again.
let going = ''

export const keepGoing = (order: string) => (going = order)

export function takeGoing(order: string): boolean {
  const is = going === order
  if (is) going = ''
  return is
}
