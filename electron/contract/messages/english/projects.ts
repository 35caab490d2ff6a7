import type { AnyMessage, Room, Say } from '../sentence.ts'
import { reasons } from './system.ts'
import { count, quoted } from './words.ts'

/** Projects, their classes, slides and steps. */
export const projects = {
  onShare: () =>
    'This project lies on a network share. Only one person can have it open at a time, and saving takes a little longer.',
  slidesMissing: ({ slides }: { slides: number }) =>
    `${slides === 1 ? 'One slide is not where it was. Put it' : `${count(slides)} slides are not where they were. Put them`} back, ` +
    `or open ${slides === 1 ? 'it from its new place' : 'one of them from its new place: the others are then looked for in the same folder'}. ` +
    'Labels are safe.',
  projectRefused: ({ path, reason }: { path: string; reason: keyof typeof reasons }) =>
    `Could not use the project ${path}: ${reasons[reason]}.`,
  projectAway: ({ path }: { path: string }) =>
    `The project ${path} is not where it was: its drive or folder is away. Bring it back; what was confirmed is in it.`,
  otherProject: ({ path }: { path: string }) =>
    `Another file lies where the project ${path} was: it lacks the newest changes. Put the right one back.`,
  projectInUse: ({ path, by }: { path: string; by: { user: string; host: string; process: number } | null }) =>
    `The project ${path} can be open only once, and ` +
    `${by === null ? 'another program' : `${by.user} on ${by.host} (process ${by.process})`} has it open. Close it there and try again.`,
  projectClosed: ({ path }: { path: string }) => `The project ${path} was closed. Open it again.`,
  closedBadly: ({ name }: { name: string }) => `${name} could not be closed cleanly. Labels are safe.`,
  noProject: ({ path }: { path: string }) =>
    `There is no project ${path}. Connect its drive, or choose the place where it lies now.`,
  projectTaken: ({ path }: { path: string }) => `${path} is there already. Open it, or choose another name.`,
  projectName: ({ name }: { name: string }) =>
    `A project's name becomes its file's name: it must not be empty, begin with a dot or hold \\ / : * ? " < > |. Got "${name}".`,
  projectNewer: ({ path, version, known }: { path: string; version: number; known: number }) =>
    `The project ${path} was written by a newer Karyon (file version ${version}; this one reads up to ${known}). Update Karyon to open it.`,
  projectEmpty: ({ path }: { path: string }) =>
    `The project ${path} is an empty file. Choose a file that ends in .karyon and was made by Karyon, or restore it from a backup.`,
  projectForeign: ({ path }: { path: string }) =>
    `The file ${path} is not a Karyon project. Choose a file that ends in .karyon and was made by Karyon, or restore it from a backup.`,
  projectHoldsCode: ({ path, names, count: n }: { path: string; names: readonly string[]; count: number }) =>
    `The project ${path} was not opened: it holds triggers, views or virtual tables that Karyon does not make (${quoted(names)}` +
    `${n > names.length ? ', …' : ''}), and they could change labels by themselves. Nothing of it was carried out. ` +
    'Ask the person whom you have it from, or restore it from a backup.',
  elsewhere: ({ open }: { open: string }) =>
    `This was meant for another project than ${open}, which is open now. Open that project again.`,
  workUnderWay: ({ titles }: { titles: readonly AnyMessage[] }, say: Say) =>
    `Work is under way (${titles.map(say).join(', ')}). Opening another project stops it; what is done of it stays. ` +
    'Confirm that it may be stopped, or wait for it.',
  recentDamaged: ({ aside }: { aside: string }) =>
    `The list of recent projects was damaged, so a new one was begun. The old one is kept as ${aside}.`,

  copyIsSelf: ({ path }: { path: string }) =>
    `${path} is the project that is open, so nothing of it was merged. Choose the copy that another reader labelled.`,
  copyDamaged: ({ path }: { path: string }) =>
    `The copy ${path} is damaged, so nothing of it was merged. Open it in Karyon, which rescues what can be read, then merge it.`,
  noSharedSlide: ({ file }: { file: string }) =>
    `${file} has no slide in common with this project, so its labels have no nuclei here. Choose copies of one project.`,

  noSlide: ({ id }: { id: number }) => `There is no slide ${id} in this project. Open the slide first.`,
  noScale: ({ path }: { path: string }) =>
    `The slide ${path} does not say how large its pixels are. Give the µm per pixel (0.25 for 40×, 0.5 for 20×).`,
  slideAway: ({ path }: { path: string }) =>
    `The slide ${path} is not where it was. Put it back or open it from its new place; labels are safe.`,
  slideDiffers: ({ path }: { path: string }) =>
    `The file ${path} is not the slide that this project was made with: its content differs. Restore the original; labels are safe.`,
  noRun: ({ id }: { id: number }) =>
    `There is no classification ${id} in this project. Choose one of its classifications.`,
  noNucleus: ({ id }: { id: number }) =>
    `Nucleus ${id} is not on this slide. It may have gone with a new detection; select it again.`,
  noChunk: ({ slide, chunk }: { slide: number; chunk: number }) =>
    `Slide ${slide} has no chunk ${chunk} of nuclei. Ask for its chunks again.`,

  noClass: ({ id }: { id: number }) => `There is no class ${id} in this project. Choose one of its classes.`,
  classInUse: ({ name, uses }: { name: string; uses: readonly AnyMessage[] }, say: Say) =>
    `The class ${name} is in use by ${uses.map(say).join(' and ')}, and none of that may be lost. Rename it instead.`,
  classUsesLabels: ({ count: n }: { count: number }) => (n === 1 ? '1 label' : `${count(n)} labels`),
  classUsesSteps: ({ count: n }: { count: number }) =>
    n === 1 ? '1 step of the history' : `${count(n)} steps of the history`,
  classUsesRuns: ({ count: n }: { count: number }) =>
    n === 1 ? '1 classification by a model' : `${count(n)} classifications by models`,
  keyTaken: ({ key, name }: { key: string; name: string }) =>
    `The key ${key} already gives ${name}. Choose another key.`,
  nameTaken: ({ name }: { name: string }) => `There is a class ${name} already. Choose another name.`,

  notCut: () => 'The line does not cut the nucleus in two. Draw it across the nucleus, from one side to the other.',
  notTouching: () => 'These nuclei do not touch, so they cannot be one. Select neighbours, or redraw the outline.',
  mergeNeedsTwo: () => 'Merging takes at least two nuclei. Select its neighbour too.',
  labelNeedsNucleus: () => 'A label needs at least one nucleus; none was given.',
  stepStays: () =>
    'This step can be neither undone nor brought back: another took its place, or what it needs was given up. Choose another step.',
} satisfies Room
