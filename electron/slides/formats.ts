import { aperio } from './aperio.ts'
import type { SlideFormat } from './format.ts'
import { jpeg, png, webp } from './image.ts'
import { npyStack } from './npyStack.ts'
import { plainTiff } from './plainTiff.ts'

/** Every format, specific before generic: the first whose detect says yes opens the file. */
export const formats: readonly SlideFormat[] = [aperio, plainTiff, png, jpeg, webp, npyStack]
