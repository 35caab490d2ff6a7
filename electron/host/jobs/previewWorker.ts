import { serveThread } from '../../threads/index.ts'
import { makePreview } from './previewing.ts'

serveThread(makePreview)
