import { defineStore } from 'pinia'
import { ref } from 'vue'
import { mostMerged } from '../../../../electron/contract/nuclei/nuclei.ts'
import { count } from '../../../format.ts'
import { host, useNotices } from '../../../host/index.ts'
import { strings } from '../../../strings.ts'
import { useNuclei } from '../../nuclei/index.ts'
import { useViewer } from '../../viewer/index.ts'
import { useSelection } from './selectionStore.ts'
import type { SelectionMode } from './selection.ts'
import { useLabelling } from '../store.ts'

/** What a drag over the slide does. Without a tool it pans the slide. */
export type Tool = 'brush' | 'lasso' | 'rectangle' | 'split' | 'draw' | 'redraw'

/** The active tool and what its strokes do. Strokes are x, y, … in level-0 pixels. */
export const useTools = defineStore('tools', () => {
  const viewer = useViewer()
  const nuclei = useNuclei()
  const selection = useSelection()
  const labelling = useLabelling()
  const notices = useNotices()
  const tool = ref<Tool | null>(null)

  /** Activates a tool, or deactivates it if it is already active. */
  function take(wanted: Tool): void {
    if (wanted === 'redraw' && tool.value !== 'redraw' && nuclei.selectedIds.length !== 1)
      return notices.say('info', strings.tools.redrawNeedsOne)
    tool.value = tool.value === wanted ? null : wanted
  }

  /** Deactivates the tool. If none is active, clears the selection. */
  function leave(): void {
    if (tool.value) tool.value = null
    else selection.clear()
  }

  const idAt = (x: number, y: number): number | null => {
    const i = nuclei.at(x, y)
    return i < 0 || !nuclei.nuclei ? null : nuclei.nuclei.id[i]
  }

  async function split(slideId: number, line: [number, number, number, number]): Promise<void> {
    const [x1, y1, x2, y2] = line
    const nucleusId =
      idAt((x1 + x2) / 2, (y1 + y2) / 2) ?? (nuclei.selectedIds.length === 1 ? nuclei.selectedIds[0] : null)
    if (nucleusId === null) return notices.say('info', strings.tools.splitMissed)
    const done = await labelling.change(() => host.outlines.split({ slideId, nucleusId, line }))
    if (done) nuclei.selectedIds = done.nucleusIds
  }

  async function draw(slideId: number, outline: number[]): Promise<void> {
    const done = await labelling.change(() => host.outlines.draw({ slideId, outline }))
    if (done) nuclei.selectedIds = [done.nucleusId]
  }

  async function redraw(slideId: number, outline: number[]): Promise<void> {
    const nucleusId = nuclei.selectedIds.at(-1)
    if (nucleusId === undefined) return
    tool.value = null
    await labelling.change(() => host.outlines.redraw({ slideId, nucleusId, outline }))
  }

  /** Applies the active tool to a stroke. radius: the brush's, level-0 pixels */
  async function stroke(path: number[], radius: number, mode: SelectionMode): Promise<void> {
    const slideId = viewer.slideId
    if (slideId === null || !tool.value) return
    const line = [...path.slice(0, 2), ...path.slice(-2)] as [number, number, number, number]
    switch (tool.value) {
      case 'brush':
        return selection.select({ stroke: { path, radius } }, mode)
      case 'lasso':
      case 'rectangle':
        return selection.select({ polygon: path }, mode)
      case 'split':
        return split(slideId, line)
      case 'draw':
        return draw(slideId, path)
      case 'redraw':
        return redraw(slideId, path)
    }
  }

  /** Merges the selected nuclei into one. */
  async function merge(): Promise<void> {
    const slideId = viewer.slideId
    const ids = [...nuclei.selectedIds]
    if (slideId === null || ids.length < 2) return notices.say('info', strings.tools.mergeNeedsTwo)
    if (ids.length > mostMerged) return notices.say('info', strings.tools.mergeNeedsFewer(count(mostMerged)))
    const done = await labelling.change(() => host.outlines.merge({ slideId, nucleusIds: ids }))
    if (done) nuclei.selectedIds = [done.nucleusId]
  }

  /** Removes the selected outlines. */
  async function remove(): Promise<void> {
    const slideId = viewer.slideId
    const ids = [...nuclei.selectedIds]
    if (slideId === null || ids.length === 0) return notices.say('info', strings.tools.removeNeedsOne)
    if (await labelling.change(() => host.outlines.remove({ slideId, nucleusIds: ids }))) selection.clear()
  }

  return { tool, take, leave, stroke, merge, remove }
})
