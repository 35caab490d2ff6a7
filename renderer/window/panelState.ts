import { ref } from 'vue'

/** The panel beside the slide that is shown, by its id in panels.ts. */
export const sidePanel = ref('classes')

/** What the region below the slide shows, by its id in panels.ts: one panel at a time, or nothing. */
export const bottomPanel = ref<string | null>(null)

/** Opens a panel below the slide, or closes it where it is open. */
export function toggleBottom(id: string): void {
  bottomPanel.value = bottomPanel.value === id ? null : id
}
