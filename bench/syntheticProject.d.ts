import { type SlideInfo } from '../electron/contract/index.ts'
/** Side of the field that each nucleus has for itself, level-0 pixels. */
export declare const field = 40
export declare const madeUpClasses: string[]
/** Side of a square slide with room for `count` made-up nuclei, level-0 pixels. */
export declare const sideFor: (count: number) => number
/** A new project with one slide, `count` made-up nuclei of 20 points and one run over them; the slide's id. */
export declare function madeUpProject(
  path: string,
  slide: {
    path: string
    info: SlideInfo
  },
  count: number,
): number
/** 0 … 1, the same for the same arguments (integer hash by Chris Wellons, "lowbias32"). */
export declare function random(n: number, seed: number): number
