import { answers } from '../../../../electron/contract/api/classes.ts'
import { strings } from '../../../strings.ts'
import type { ShownClass } from './palette.ts'

/** How nuclei look that a person marked as "not sure" or "bad outline": in greys that no class of the scheme uses. */
export const answerClasses: readonly ShownClass[] = [
  {
    id: answers.notSure,
    color: '#b9bec9',
    get name() {
      return strings.classes.notSure
    },
  },
  {
    id: answers.badOutline,
    color: '#7d6a6a',
    get name() {
      return strings.classes.badOutline
    },
  },
]
