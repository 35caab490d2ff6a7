/** A row of a published table: per class F1 and "Acc", which is TP / (TP + FP + FN). */
export interface PublishedScore {
  readonly system: string
  /** Only numbers of the same metric may be compared. */
  readonly metric: 'B'
  readonly source: string
  readonly weightedF1: number
  readonly accuracy: number
  readonly f1: readonly number[]
  readonly jaccard: readonly number[]
}
export interface PublishedTable {
  readonly data: string
  /** In the paper's order. */
  readonly classes: readonly string[]
  readonly rows: readonly PublishedScore[]
}

const table1 = 'Wójcik et al., "Learning Nuclei Representations with Masked Image Modelling", Table 1'
const row = (system: string, f1: readonly number[], jaccard: readonly number[]): PublishedScore => ({
  system,
  metric: 'B',
  source: table1,
  weightedF1: f1[0],
  accuracy: jaccard[0],
  f1: f1.slice(1),
  jaccard: jaccard.slice(1),
})

/** Both rows are scored on HoVer-Net's correctly detected nuclei: metric B. */
export const publishedTables: readonly PublishedTable[] = [
  {
    data: 'PanNuke, fold 3',
    classes: ['neoplastic', 'inflammatory', 'connective', 'dead', 'epithelial'],
    rows: [
      row('HoVer-Net', [0.78, 0.856, 0.714, 0.719, 0.399, 0.765], [0.78, 0.748, 0.555, 0.562, 0.249, 0.619]),
      row('Wójcik et al.', [0.831, 0.893, 0.776, 0.764, 0.571, 0.848], [0.832, 0.807, 0.634, 0.618, 0.4, 0.735]),
    ],
  },
  {
    data: 'CoNSeP, test',
    classes: ['miscellaneous', 'inflammatory', 'epithelial', 'spindle-shaped'],
    rows: [
      row('HoVer-Net', [0.872, 0.734, 0.817, 0.939, 0.856], [0.872, 0.58, 0.69, 0.884, 0.749]),
      row('Wójcik et al.', [0.885, 0.804, 0.822, 0.954, 0.864], [0.885, 0.672, 0.698, 0.911, 0.761]),
    ],
  },
]

/** Returns the published table with these classes, in any order, ignoring case. */
export function publishedFor(classes: readonly string[]): PublishedTable | undefined {
  const lower = classes.map((name) => name.toLowerCase())
  return publishedTables.find(
    (t) => t.classes.length === lower.length && t.classes.every((name) => lower.includes(name)),
  )
}
