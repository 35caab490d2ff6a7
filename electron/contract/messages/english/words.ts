import { firstOf, numbersIn, quotedList } from '../numbers.ts'

export const { count, decimal, percent, plain, rounded, seconds } = numbersIn('en')
export const nuclei = (n: number): string => (n === 1 ? '1 nucleus' : `${count(n)} nuclei`)
/** "a", "b" */
export const quoted = (names: readonly string[]): string => quotedList(names, '"', '"')
/** The first three of many names. */
export const some = (names: readonly string[]): string => firstOf(names, 3, (more) => ` and ${count(more)} more`)
/** [64, 3, 7, 7] */
export const shape = (sizes: readonly (number | string)[]): string => `[${sizes.join(', ')}]`
/** 640 × 480 */
export const size = (sizes: readonly number[]): string => sizes.map(count).join(' × ')
