import { parentPort, workerData } from 'node:worker_threads'
import { drawDemo } from './drawDemo.ts'

export interface DrawRequest {
  width: number
  height: number
  seed: number
}

const { width, height, seed } = workerData as DrawRequest
parentPort?.postMessage(drawDemo(width, height, seed))
