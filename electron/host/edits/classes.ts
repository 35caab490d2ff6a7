import type { ClassUses, NucleusClass } from '../../contract/index.ts'
import type { ProjectContext } from '../state/context.ts'

/** The project's classes. */
export class Classes {
  readonly #context: ProjectContext

  constructor(context: ProjectContext) {
    this.#context = context
  }

  /** Adds a class and returns its id. Throws FailureError if the name is taken. */
  add(name: string): number {
    const id = this.#context.project.classes.add(name)
    this.#context.announcer.changed()
    return id
  }

  /** Changes a class's name, colour or key. */
  change(wanted: Pick<NucleusClass, 'id'> & Partial<NucleusClass>): void {
    this.#context.project.classes.change(wanted)
    this.#context.announcer.changed()
  }

  /** Sets which class of the project a model's class stands for in future runs. */
  map(modelClass: string, classId: number): void {
    this.#context.project.classes.mapModelClass(modelClass, classId)
  }

  /** Returns what would be lost with a class. Throws FailureError if there is no class with that id. */
  uses(classId: number): ClassUses {
    const { classes, labels, log, runs } = this.#context.project
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

  /** Removes a class. Throws FailureError while anything uses it. */
  remove(classId: number): void {
    this.#context.project.classes.remove(classId, this.uses(classId))
    this.#context.announcer.changed()
  }
}
