export { demoClasses, type DemoClass } from './demoNucleus.ts'
export { drawDemo, type DemoPicture } from './drawDemo.ts'
export { demoMpp, demoSize, makeDemo } from './makeDemo.ts'
