// The names of the ways to pay, for orders that only say through which account they went.
import { shallowRef } from 'vue'
import { topup } from '../server'
import type { PayChannel } from '../wire'
import { t } from './messages'

export function useChannels(binding: string): (account: string) => string {
  const channels = shallowRef<PayChannel[]>([])
  void topup(binding).then(
    (offer) => (channels.value = offer.channels),
    // The name is left out then; everything else of the order is there.
    () => {},
  )
  return (account) => channels.value.find((of) => of.account === account)?.name ?? t('channel_gone')
}
