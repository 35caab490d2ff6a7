import type { AnyMessage, Room, Say } from '../sentence.ts'
import { count } from './words.ts'

/** What workers and queues of cohorts say (`karyon enqueue`, `work`, `queue`). */
export const cohort = {
  cohortFolderAway: ({ path }: { path: string }) =>
    `The folder ${path} is missing or empty, so its network share may be away. Connect it; the job waits until then.`,
  cohortPathLeaves: ({ slide }: { slide: string }) =>
    `A slide must lie in the worker's folder of slides (--slides); ${slide} leads out of it, itself or by a symbolic link. Move the slide into the folder.`,
  cohortOtherWeights: (p: { kind: 'model' | 'detector'; name: string; found: string; wanted: string }) =>
    `The ${p.kind} ${p.name} must be the one that the job was made with (SHA-256 ${p.wanted.slice(0, 12)}…), and this worker's ` +
    `is another (${p.found.slice(0, 12)}…). Copy the same ${p.kind} to this machine and name its folder with --models. This worker stops.`,
  cohortOther: ({ results }: { results: string }) =>
    `The results of all workers must go to one folder; ${results} is not the one that the jobs were made for. Check --results and --name. This worker stops.`,
  cohortOtherSlide: (p: { slide: string; found: number | null; wanted: number | null }) =>
    `The slide must be the one that was enqueued: ${p.slide} had ${bytes(p.wanted)} then and has ${bytes(p.found)} here. Check --slides, or enqueue it again.`,
  cohortFileWrong: ({ file, issue }: { file: string; issue: AnyMessage }, say: Say) =>
    `${file} is not what Karyon writes there: ${say(issue)}. Move it away.`,
  cohortJobWrong: ({ issue }: { issue: AnyMessage }, say: Say) =>
    `The job is not of the form that this Karyon knows: ${say(issue)}. Use the same version to enqueue and to work.`,
  cohortResultName: ({ given }: { given: string }) =>
    `A job's result must have the name that follows from the job; got ${given}. Enqueue it again.`,
  cohortQueueUrl: () =>
    'A queue is named by an address such as redis://host:6379, or rediss://… for an encrypted connection. Check --queue or KARYON_QUEUE.',
  cohortQueueRefuses: ({ server }: { server: string }) =>
    `The queue at ${server} refuses the user or password. Check those in --queue or KARYON_QUEUE.`,
  cohortQueueAway: ({ server, reason }: { server: string; reason: string }) =>
    `The queue at ${server} must answer, and does not (${reason}). Start Redis there, or check the address.`,
  cohortQueueWaits: ({ server }: { server: string }) =>
    `The queue at ${server} is away. The job under way goes on, and this worker waits for the queue.`,
  cohortQueueBack: ({ server }: { server: string }) => `The queue at ${server} is back.`,
  cohortGivenBack: ({ id }: { id: string }) => `${id}: given back; the next worker goes on from what is stored.`,
  cohortNotKept: ({ server }: { server: string }) =>
    `The queue at ${server} keeps its jobs in memory only, and a restart loses them. Turn on its append-only file ("appendonly yes").`,
  cohortNoSlides: ({ folder }: { folder: string }) =>
    `At least one slide must lie in ${folder} or below it, and none does. Check the path.`,
  cohortNotBelow: ({ folder, slides }: { folder: string; slides: string }) =>
    `${folder} must lie in the folder of slides ${slides}. Check --slides.`,
  cohortNeedsQueue: () => 'Which queue? Name it with --queue redis://host:6379, or in the environment as KARYON_QUEUE.',
  cohortNameForm: ({ name }: { name: string }) =>
    `A model that is sent to workers by its name must be called by letters, digits, ".", "-" and "_"; got "${name}". Rename its folder.`,
} satisfies Room

const bytes = (n: number | null): string => (n === null ? 'a folder' : `${count(n)} bytes`)
