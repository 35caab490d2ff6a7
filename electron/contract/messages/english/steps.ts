import type { Room } from '../sentence.ts'
import { count, nuclei } from './words.ts'

/** A person's answers about a nucleus that are not classes. */
const answers = { notSure: 'not sure', badOutline: 'bad outline', none: 'no label' } as const

/** Titles of steps of the history. Projects store these keys: never rename or remove one. */
export const steps = {
  stepLabelled: (p: { nuclei: number; name: string }) => `${nuclei(p.nuclei)} → ${p.name}`,
  stepAnswered: (p: { nuclei: number; answer: keyof typeof answers }) => `${nuclei(p.nuclei)} → ${answers[p.answer]}`,
  stepAgreed: (p: { nuclei: number }) => `${nuclei(p.nuclei)} as the model says`,
  stepAccepted: (p: { model: string; nuclei: number }) => `${p.model} accepted for ${nuclei(p.nuclei)}`,
  stepImported: ({ file }: { file: string }) => `Nuclei from ${file}`,
  stepFound: () => 'Nuclei found',
  stepFoundKept: (p: { kept: number }) =>
    `Nuclei found; ${count(p.kept)} labelled ${p.kept === 1 ? 'one was' : 'ones were'} not found again and kept`,
  stepFoundPartly: () => 'Nuclei found before it stopped',
  stepRegion: ({ name }: { name: string }) => `Region ${name}`,
  stepTissueAdded: ({ name }: { name: string }) => `Tissue added: ${name}`,
  stepTissueTakenOut: ({ name }: { name: string }) => `Taken out of the tissue: ${name}`,
  stepRegionChanged: ({ name }: { name: string }) => `Region ${name} changed`,
  stepRegionRemoved: ({ name }: { name: string }) => `Region ${name} removed`,
  stepDrawn: () => '1 nucleus drawn',
  stepRedrawn: () => '1 nucleus redrawn',
  stepDeleted: (p: { nuclei: number }) => `${nuclei(p.nuclei)} deleted`,
  stepSplit: () => '1 nucleus cut in two',
  stepMerged: (p: { nuclei: number }) => `${nuclei(p.nuclei)} merged into one`,
  stepRescued: () => 'Rescued after damage',
} satisfies Room
