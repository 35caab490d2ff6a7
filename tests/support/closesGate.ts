import { parentPort, workerData } from 'node:worker_threads'
import { closeGate, type LaneGate } from '../../electron/engine/runtime/exitGate.ts'

/** A thread that closes the gate, as a process does that ends, and then says so. */
closeGate(workerData as LaneGate)
parentPort?.postMessage('closed')
