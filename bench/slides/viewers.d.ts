/** Tiles a second that `karyon serve` gives to four viewers at once, at random places of level 0. */
export declare function tilesOverHttp(
  slide: string,
  folder: string,
  columns: number,
  rows: number,
  seconds: number,
): Promise<number>
