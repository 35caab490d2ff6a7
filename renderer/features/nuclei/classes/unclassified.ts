import { strings } from '../../../strings.ts'

/** How nuclei look that nobody has classified: a dark neutral that no class of the scheme has. */
export const unclassified = {
  id: 0,
  color: '#3d3d46',
  get name(): string {
    return strings.classes.unclassified
  },
} as const
