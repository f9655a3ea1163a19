import type { Relation } from '../wire'
import { t } from './messages'

const ALL: Relation[] = ['father', 'mother', 'grandparent', 'other']

export const relations = () => ALL.map((value) => ({ value, label: t(value) }))
