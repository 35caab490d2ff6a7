import { answerParent } from '../ownProcess.ts'
import { measureHere } from './index.ts'
import type { EngineBenchTask } from './run.ts'

answerParent(({ presets, rounds }: EngineBenchTask) => measureHere(presets, rounds))
