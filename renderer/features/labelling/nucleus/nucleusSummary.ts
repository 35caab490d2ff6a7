import { probability } from '../../../format.ts'
import { strings } from '../../../strings.ts'
import { unclassified, type useNuclei } from '../../nuclei/index.ts'

/** Returns the summary of the nucleus at a position: its class, and who labelled it or how sure the model is. */
export function wordsOf(nuclei: ReturnType<typeof useNuclei>, position: number) {
  const { shown } = nuclei
  if (!shown || position < 0) return null
  const { name, color } = nuclei.classes.find((c) => c.id === shown.classId[position]) ?? unclassified
  const p = shown.confidence[position] / 255
  const says = [
    shown.labelled[position] === 1 ? strings.nucleus.byYou : p > 0 ? probability(p) : '',
    shown.uncertain[position] === 1 && shown.labelled[position] === 0 ? strings.nucleus.uncertain : '',
    shown.outside[position] === 1 ? strings.nucleus.outside : '',
  ]
  return { name, color, says: says.filter(Boolean).join(' · ') }
}
