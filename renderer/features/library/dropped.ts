/** Whether a file of this name holds nuclei of another tool; any other may be a slide, and its bytes decide. */
export const isAnnotation = (name: string): boolean => /\.(geo)?json(\.gz)?$/i.test(name)
