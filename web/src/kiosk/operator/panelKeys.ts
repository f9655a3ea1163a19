// What keys mean to the panel that is open: they come to it as a person's, never as a scanner's.
import { onBeforeUnmount, shallowRef } from 'vue'

export const panelKeys = shallowRef<((key: string) => boolean) | null>(null)

/** While the component is there, keys are its own; `hear` says whether one meant something. */
export function usePanelKeys(hear: (key: string) => boolean) {
  panelKeys.value = hear
  onBeforeUnmount(() => {
    if (panelKeys.value === hear) panelKeys.value = null
  })
}
