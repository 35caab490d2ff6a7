import type { ClassUses, NucleusClass } from '../../contract/index.ts'
import type { Bench } from '../state/context.ts'

/** The project's classes. */
export class Scheme {
  readonly #bench: Bench

  constructor(bench: Bench) {
    this.#bench = bench
  }

  /** A new class; its id. Fails where the name is taken. */
  add(name: string): number {
    const id = this.#bench.project.classes.add(name)
    this.#bench.announcer.changed()
    return id
  }

  /** Another name, colour or key. */
  change(wanted: Pick<NucleusClass, 'id'> & Partial<NucleusClass>): void {
    this.#bench.project.classes.change(wanted)
    this.#bench.announcer.changed()
  }

  /** Which class of the project a model's class stands for, in runs to come. */
  map(modelClass: string, classId: number): void {
    this.#bench.project.classes.map(modelClass, classId)
  }

  /** What would be lost with a class. Fails where there is none of that id. */
  uses(classId: number): ClassUses {
    const { classes, labels, log, runs } = this.#bench.project
    classes.get(classId)
    let steps = 0
    for (const { labels: step } of log.reachable())
      if (step && (step.before.includes(classId) || step.after.includes(classId))) steps++
    return {
      labels: labels.count(classId),
      steps,
      runs: runs.all().filter((run) => run.classes.some((c) => c.classId === classId)).length,
    }
  }

  /** Takes a class out. Fails while anything uses it. */
  remove(classId: number): void {
    this.#bench.project.classes.remove(classId, this.uses(classId))
    this.#bench.announcer.changed()
  }
}
