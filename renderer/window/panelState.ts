import { ref } from 'vue'

/** Id of the panel shown beside the slide; see panels.ts. */
export const sidePanel = ref('classes')

/** Id of the panel shown below the slide, or null if none is; see panels.ts. */
export const bottomPanel = ref<string | null>(null)

/** Opens a panel below the slide, or closes it if it is open. */
export function toggleBottom(id: string): void {
  bottomPanel.value = bottomPanel.value === id ? null : id
}
