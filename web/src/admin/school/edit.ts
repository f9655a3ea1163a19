// A form that knows whether it was changed, and asks before it is left with changes in it.
import { computed, onBeforeUnmount, ref, type Ref } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'
import { confirmDanger } from '../parts/confirm'
import { t } from './messages'

export interface Edit<T> {
  form: Ref<T | null>
  changed: Ref<boolean>
  /** Begins anew from what the server said. */
  take: (value: T) => void
  /** Back to what the server said last. */
  drop: () => void
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

export function useEdit<T>(): Edit<T> {
  const form = ref(null) as Ref<T | null>
  const last = ref('')
  const changed = computed(() => form.value !== null && JSON.stringify(form.value) !== last.value)
  const take = (value: T) => {
    form.value = copy(value)
    last.value = JSON.stringify(form.value)
  }
  const drop = () => (form.value = JSON.parse(last.value) as T)

  onBeforeRouteLeave(async () => {
    if (!changed.value) return true
    const asked = { title: t('leave_title'), text: t('leave_text'), action: t('leave') }
    return (await confirmDanger(asked)) !== null
  })
  const unload = (event: BeforeUnloadEvent) => changed.value && event.preventDefault()
  window.addEventListener('beforeunload', unload)
  onBeforeUnmount(() => window.removeEventListener('beforeunload', unload))
  return { form, changed, take, drop }
}
