import { sibling, startThread } from '../../electron/threads/index.ts'
import type { ExampleThread } from './exampleThread.ts'

/** A process of its own: it asks a thread once, and then nothing keeps it. */
const shared = new Int32Array(new SharedArrayBuffer(8))
const thread = startThread<ExampleThread>(sibling(import.meta.url, './exampleThread'), { shared })
void thread.call('later', 300).then((ms) => console.log(`answered ${ms}`))
