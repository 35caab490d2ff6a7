/** Returns one µm/px for both directions: the geometric mean, which keeps areas right. */
export const meanMpp = ({ x, y }: { readonly x: number; readonly y: number }): number => Math.sqrt(x * y)
