// What the agent of the terminal says and hears, by short names. The types are its own, generated from its document.
// Money is fen, moments are milliseconds. The pages compute with neither: they draw a view and send acts.
import type { components } from './schema'

type Schemas = components['schemas']

export type Act = Schemas['Act']
export type Device = Schemas['DeviceView']
export type DeviceKind = Schemas['DeviceKind']
export type Dish = Schemas['DishView']
export type Key = Schemas['Key']
export type Language = Schemas['Language']
export type Line = Schemas['LineView']
export type Mode = Schemas['CounterMode']
export type Named = Schemas['Named']
export type Payer = Schemas['PayerView']
export type Question = Schemas['QuestionView']
export type Recent = Schemas['RecentView']
export type Result = Schemas['ResultView']
export type View = Schemas['View']
export type Words = Schemas['WordsView']
