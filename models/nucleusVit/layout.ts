import { Graph } from '../graph/graph.ts'
import { layoutOf, type ParameterLayout } from '../nn/parameters.ts'
import type { NucleusVitConfig } from './config.ts'
import { classHead, nucleusVit, nucleusVitInputs } from './network.ts'

/**
 * Returns the parameters of encoder and class head in the order of every flat array. Without classes there is no head.
 */
export function classifierLayout(config: NucleusVitConfig, classes: number): ParameterLayout {
  const graph = new Graph()
  const { nuclei } = nucleusVit(config, nucleusVitInputs(graph, config))
  if (classes > 0) classHead(nuclei, classes)
  return layoutOf(graph.parameters)
}
