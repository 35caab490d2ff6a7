import { ref } from 'vue'

export type BottomView = 'strip' | 'gallery' | 'map'

/** What the region below the slide shows: one at a time, or nothing. */
export const bottomView = ref<BottomView | null>(null)

/** Opens a view, or closes it where it is open. */
export function toggleBottom(view: BottomView): void {
  bottomView.value = bottomView.value === view ? null : view
}
