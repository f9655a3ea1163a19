import { nextTick } from 'vue'

/** After a form was refused here: to the first thing that is wrong, for fingers, keyboards and ears alike. */
export async function toFirstWrong(): Promise<void> {
  await nextTick()
  const said = document.querySelector('main .wrong-text')
  const field = document.querySelector<HTMLElement>('main [aria-invalid="true"]')
  if (field && (!said || field.closest('.field')?.contains(said))) field.focus()
  else said?.scrollIntoView({ block: 'center' })
}
