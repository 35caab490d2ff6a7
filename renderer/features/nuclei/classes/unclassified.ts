import { strings } from '../../../strings.ts'

/** How unclassified nuclei look: a dark neutral colour that no class of the scheme uses. */
export const unclassified = {
  id: 0,
  color: '#3d3d46',
  get name(): string {
    return strings.classes.unclassified
  },
} as const
