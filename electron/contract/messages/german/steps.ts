import type { steps as english } from '../english/steps.ts'
import type { Translated } from '../sentence.ts'
import { count, nuclei } from './words.ts'

/** What a person says of a nucleus that is no class. */
const answers = { notSure: 'nicht sicher', badOutline: 'falscher Umriss', none: 'keine Benennung' } as const

export const steps: Translated<typeof english> = {
  stepLabelled: (p) => `${nuclei(p.nuclei)} → ${p.name}`,
  stepAnswered: (p) => `${nuclei(p.nuclei)} → ${answers[p.answer]}`,
  stepAgreed: (p) => `${nuclei(p.nuclei)}, wie das Modell sagt`,
  stepAccepted: (p) => `${p.model} für ${nuclei(p.nuclei)} angenommen`,
  stepImported: ({ file }) => `Zellkerne aus ${file}`,
  stepFound: () => 'Zellkerne gefunden',
  stepFoundKept: (p) =>
    `Zellkerne gefunden; ${count(p.kept)} ${p.kept === 1 ? 'benannter' : 'benannte'} nicht wiedergefunden und behalten`,
  stepFoundPartly: () => 'Zellkerne gefunden, bevor die Suche abbrach',
  stepRegion: ({ name }) => `Region ${name} gezeichnet`,
  stepTissueAdded: ({ name }) => `Gewebe hinzugefügt: ${name}`,
  stepTissueTakenOut: ({ name }) => `Aus dem Gewebe genommen: ${name}`,
  stepRegionChanged: ({ name }) => `Region ${name} geändert`,
  stepRegionRemoved: ({ name }) => `Region ${name} entfernt`,
  stepDrawn: () => '1 Zellkern gezeichnet',
  stepRedrawn: () => '1 Zellkern neu gezeichnet',
  stepDeleted: (p) => `${nuclei(p.nuclei)} gelöscht`,
  stepSplit: () => '1 Zellkern geteilt',
  stepMerged: (p) => `${nuclei(p.nuclei)} vereint`,
  stepRescued: () => 'Nach Schaden gerettet',
}
