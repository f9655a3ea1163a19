// The first-use guide is shown once in each browser, and from the help page at any time.
const SEEN = 'yitong.guide'

export const guideSeen = () => localStorage.getItem(SEEN) === 'yes'
export const keepGuideSeen = () => localStorage.setItem(SEEN, 'yes')
