// What opens over the sale. All but the lines of the tray are loaded when somebody wants them.
import { type Component, defineAsyncComponent } from 'vue'
import type { Panel } from '../keys'
import LinesPanel from './LinesPanel.vue'
import ModesPanel from './ModesPanel.vue'

const later = (load: () => Promise<{ default: Component }>) => defineAsyncComponent(load)

export const panels: Record<Panel, Component> = {
  lines: LinesPanel,
  modes: ModesPanel,
  more: later(() => import('./MorePanel.vue')),
  search: later(() => import('./SearchPanel.vue')),
  recent: later(() => import('./RecentPanel.vue')),
  roster: later(() => import('./RosterPanel.vue')),
  shift: later(() => import('./ShiftPanel.vue')),
  settings: later(() => import('./SettingsPanel.vue')),
  devices: later(() => import('./DevicesPanel.vue')),
  status: later(() => import('./StatusPanel.vue')),
  help: later(() => import('./HelpPanel.vue')),
}
