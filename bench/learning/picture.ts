import { armNames, arms, orders, type Arm, type LearningBench, type Order } from './arms.ts'

const panel = { width: 340, height: 250, left: 52, top: 44, gap: 64 }
const legendRow = 20
/** Okabe & Ito (2008), told apart by the colour-blind too. */
const colours: Readonly<Record<Arm, string>> = {
  head: '#0072b2',
  lora: '#009e73',
  full: '#cc79a7',
  forest: '#d55e00',
  smoothedForest: '#882255',
  logistic: '#e69f00',
}
const scores = [
  { key: 'notLabelled', title: 'Nuclei not labelled, in the same tiles' },
  { key: 'untouchedTiles', title: 'Tiles that nobody touched' },
] as const

/** Draws accuracy over labels as SVG: a panel for each score, a line for each arm, dashed where labels came at random. */
export function learningPicture(r: LearningBench): string {
  const shown = arms.filter((arm) => r.means.some((m) => m.arm === arm))
  const labels = [...new Set(r.means.map((m) => m.labels))].filter((n) => n > 0).sort((a, b) => a - b)
  const values = r.means.flatMap((m) => [m.notLabelled, m.untouchedTiles])
  const low = Math.floor(10 * Math.min(...values)) / 10
  const high = Math.ceil(10 * Math.max(...values)) / 10
  const isElsewhere = r.splits.length > 0 && r.splits.every(({ hospital }) => hospital !== null)
  const span = Math.log(labels[labels.length - 1] / labels[0]) || 1
  const width = panel.left + 2 * panel.width + panel.gap + 16
  const height = panel.top + panel.height + 58 + legendRow * (shown.length + 1)
  const parts = scores.map(({ key, title }, k) => {
    const left = panel.left + k * (panel.width + panel.gap)
    const x = (n: number) => left + 14 + ((panel.width - 28) * Math.log(n / labels[0])) / span
    const y = (v: number) => panel.top + (panel.height * (high - v)) / (high - low)
    const grid = Array.from({ length: Math.round((high - low) / 0.1) + 1 }, (_, i) => low + 0.1 * i)
    const line = (arm: Arm, order: Order) => {
      const own = r.means.filter((m) => m.arm === arm && m.order === order)
      const points = own.map((m) => `${x(m.labels).toFixed(1)},${y(m[key]).toFixed(1)}`)
      const dash = order === 'random' ? ' stroke-dasharray="5 4"' : ''
      const dots = own.map(
        (m) => `<circle cx="${x(m.labels).toFixed(1)}" cy="${y(m[key]).toFixed(1)}" r="2.6" fill="${colours[arm]}"/>`,
      )
      return `<polyline points="${points.join(' ')}" fill="none" stroke="${colours[arm]}" stroke-width="2"${dash}/>${dots.join('')}`
    }
    const before = r.means.find((m) => m.arm === 'before')
    return [
      `<text x="${left}" y="${panel.top - 16}" font-weight="600">${title}${key === 'untouchedTiles' && isElsewhere ? ', of another hospital' : ''}</text>`,
      ...grid.map(
        (v) =>
          `<line x1="${left}" x2="${left + panel.width}" y1="${y(v)}" y2="${y(v)}" stroke="#d8d8d8"/>` +
          `<text x="${left - 8}" y="${y(v) + 4}" text-anchor="end">${v.toFixed(1).replace(/^0/, '')}</text>`,
      ),
      ...labels.map((n) => `<text x="${x(n)}" y="${panel.top + panel.height + 18}" text-anchor="middle">${n}</text>`),
      `<text x="${left + panel.width / 2}" y="${panel.top + panel.height + 38}" text-anchor="middle">labels</text>`,
      ...(before
        ? [
            `<line x1="${left}" x2="${left + panel.width}" y1="${y(before[key])}" y2="${y(before[key])}" stroke="#666666" stroke-width="1.5" stroke-dasharray="1 3"/>`,
          ]
        : []),
      ...shown.flatMap((arm) => orders.map((order) => line(arm, order))),
    ].join('\n')
  })
  const legendTop = panel.top + panel.height + 62
  const legend = [
    ...shown.map((arm) => ({ colour: colours[arm], name: armNames[arm] })),
    { colour: '#666666', name: 'dotted: before learning; solid: labels by the queue; dashed: at random' },
  ].map(
    ({ colour, name }, k) =>
      `<rect x="${panel.left}" y="${legendTop + k * legendRow - 9}" width="16" height="4" fill="${colour}"/>` +
      `<text x="${panel.left + 24}" y="${legendTop + k * legendRow - 2}">${name}</text>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<g fill="#333333">`,
    ...parts,
    ...legend,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}
