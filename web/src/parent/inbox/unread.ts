// How many messages wait; told by the home page and by the event stream.
import { ref } from 'vue'

export const unread = ref(0)
