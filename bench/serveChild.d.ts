/** `karyon serve` in a process of its own, with `home` as its KARYON_HOME, and the link it prints. */
export declare function serveChild(
  home: string,
  ...args: string[]
): Promise<{
  link: URL
  close(): Promise<void>
}>
