import type { Component } from 'vue'
import { EmbeddingMap } from '../features/embedding/index.ts'
import { NucleusPanel } from '../features/labelling/index.ts'
import { FilmStrip, Gallery } from '../features/review/index.ts'
import { TrainingPanel } from '../features/training/index.ts'
import type { FreeChord } from '../keys/index.ts'
import { strings } from '../strings.ts'
import ClassesPanel from './ClassesPanel.vue'
import ReportsTab from './ReportsTab.vue'

/** A panel of the window: a tab beside the slide, or a view below it. */
export interface Panel {
  readonly id: string
  readonly place: 'side' | 'bottom'
  /** In the page's language. */
  readonly title: () => string
  /** Shows the panel; for a panel below the slide, also closes it again. A key that a command uses does not compile. */
  readonly key?: FreeChord
  readonly component: Component
}

/** All panels, in the order in which the window shows them. */
export const panels: readonly Panel[] = [
  { id: 'classes', place: 'side', title: () => strings.panels.classes, component: ClassesPanel },
  { id: 'nucleus', place: 'side', title: () => strings.panels.nucleus, component: NucleusPanel },
  { id: 'training', place: 'side', title: () => strings.panels.training, component: TrainingPanel },
  { id: 'reports', place: 'side', title: () => strings.panels.reports, component: ReportsTab },
  { id: 'strip', place: 'bottom', title: () => strings.panels.strip, key: 'Shift+T', component: FilmStrip },
  { id: 'gallery', place: 'bottom', title: () => strings.panels.gallery, key: 'Shift+G', component: Gallery },
  { id: 'map', place: 'bottom', title: () => strings.panels.map, key: 'Shift+M', component: EmbeddingMap },
]
