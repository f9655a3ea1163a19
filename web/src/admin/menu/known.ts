// What a dish refers to: meal periods, stalls and the categories in use. Read once for the page.
import { computed } from 'vue'
import { api, ask } from '@/shared/api/client'
import { named } from '@/shared/locale'
import { here } from '@/shared/session'
import { useRead } from '../parts/read'

export function useKnown() {
  const read = useRead(async () => {
    const params = { path: here() }
    const [periods, places, categories] = await Promise.all([
      ask(api.GET('/api/v1/schools/{school}/meal-periods', { params })),
      ask(api.GET('/api/v1/schools/{school}/places', { params })),
      ask(api.GET('/api/v1/schools/{school}/dish-categories', { params })),
    ])
    return { periods: periods.items, places, categories: categories.items }
  })
  const periods = computed(() =>
    (read.value?.periods ?? []).map((of) => ({ id: of.id ?? '', name: named(of), span: `${of.start}–${of.end}` })),
  )
  const canteens = computed(() =>
    (read.value?.places.campuses ?? [])
      .flatMap((campus) => campus.canteens)
      .filter((canteen) => !canteen.closed)
      .map((canteen) => ({ ...canteen, stalls: canteen.stalls.filter((stall) => !stall.closed) })),
  )
  const stalls = computed(() => canteens.value.flatMap((canteen) => canteen.stalls))
  const categories = computed(() => read.value?.categories ?? [])
  const names = (ids: string[], of: { id: string; name: string }[]) =>
    ids.map((id) => of.find((one) => one.id === id)?.name ?? '—')
  return { read, periods, canteens, stalls, categories, names }
}

export type Known = ReturnType<typeof useKnown>
