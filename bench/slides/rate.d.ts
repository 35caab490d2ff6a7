/** How often a second `work` gets done with `inFlight` of it under way, over about `seconds`. */
export declare function rate(work: () => Promise<unknown>, inFlight: number, seconds: number): Promise<number>
export declare const median: (values: readonly number[]) => number
