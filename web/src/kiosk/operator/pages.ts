// A list in pages: a cashier's thumb does not scroll.
import { type Ref, computed, ref, watch } from 'vue'

export function usePages<T>(items: Ref<T[]>, size: number) {
  const page = ref(0)
  const pages = computed(() => Math.max(1, Math.ceil(items.value.length / size)))
  const shown = computed(() => items.value.slice(page.value * size, (page.value + 1) * size))
  watch(pages, (many) => (page.value = Math.min(page.value, many - 1)))
  return { page, pages, shown }
}
