import { serveThread } from '../../threads/index.ts'
import { makeMerge } from './merging.ts'

serveThread(makeMerge)
