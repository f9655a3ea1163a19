// The numbers that every part of a code is measured with; `code/SPEC.md` gives them to every language.

/** Days and minutes are counted from here: 2020-01-01 UTC, in milliseconds of the Unix clock. */
export const EPOCH_MS = 1_577_836_800_000
export const DAY_MS = 86_400_000
export const HOUR_MS = 3_600_000
export const MINUTE_MS = 60_000
/** One step of a dynamic code. */
export const STEP_MS = 5_000
/** A credential on a phone lives no longer. */
export const LIFE_HOURS_MAX = 48
/** How old a dynamic code may be, and how far ahead of the reader's clock, before the reader's own uncertainty. */
export const OLD_MS_MAX = 60_000
export const AHEAD_MS_MAX = 30_000
/** A reader that is less certain of its time than this is as strict as one that is this certain. */
export const UNCERTAINTY_MS_MAX = 180_000
/** A text of a campus code is no longer; a longer one is refused before it is read. */
export const TEXT_MAX = 1_000
