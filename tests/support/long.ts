/**
 * Whether `npm run test:long` runs: repetitions, sizes and time limits that take minutes or a quiet machine. `npm test` shows
 * the same behaviour in a shorter way.
 */
export const isLong = process.env.KARYON_LONG === '1'
