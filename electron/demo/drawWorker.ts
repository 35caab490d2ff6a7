import { serveThread } from '../threads/index.ts'
import { drawDemo } from './drawDemo.ts'

const makeDrawing = () => ({ drawDemo })

export type DrawThread = typeof makeDrawing
serveThread(makeDrawing)
