import { annotations } from './annotations.ts'
import { cli } from './cli.ts'
import { cohort } from './cohort.ts'
import { dataSets } from './dataSets.ts'
import { desktop } from './desktop.ts'
import { evidence } from './evidence.ts'
import { holdOut } from './holdOut.ts'
import { projects } from './projects.ts'
import { rescue } from './rescue.ts'
import { slideFiles } from './slideFiles.ts'
import { slides } from './slides.ts'
import { steps } from './steps.ts'
import { system } from './system.ts'
import { training } from './training.ts'
import { weights } from './weights.ts'
import { work } from './work.ts'

/** The rooms of the catalogue. Each key is in one room only (tests/contract/messages.test.ts). */
export const rooms = {
  system,
  work,
  steps,
  projects,
  rescue,
  slides,
  slideFiles,
  annotations,
  dataSets,
  weights,
  training,
  holdOut,
  cli,
  cohort,
  desktop,
  evidence,
}

/** Every sentence by its key. */
export const english = {
  ...system,
  ...work,
  ...steps,
  ...projects,
  ...rescue,
  ...slides,
  ...slideFiles,
  ...annotations,
  ...dataSets,
  ...weights,
  ...training,
  ...holdOut,
  ...cli,
  ...cohort,
  ...desktop,
  ...evidence,
}
