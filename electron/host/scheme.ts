import type { NucleusClass } from '../contract/index.ts'
import type { Bench } from './bench.ts'

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

  /** Takes a class out. Fails while labels, steps that can be undone, or predictions use it. */
  remove(classId: number): void {
    const { classes, labels, log, runs } = this.#bench.project
    let uses = labels.count(classId)
    for (const { labels: step } of log.reachable())
      if (step && (step.before.includes(classId) || step.after.includes(classId))) uses++
    uses += runs.all().filter((run) => run.classes.some((c) => c.classId === classId)).length
    classes.remove(classId, uses)
    this.#bench.announcer.changed()
  }
}
