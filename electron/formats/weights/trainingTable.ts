/** Text that does not break a table of Markdown. */
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
/** peakRate → peak rate */
const words = (name: string) =>
  name === 'mpp' ? 'µm/px' : name.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isSimple = (value: unknown) => typeof value !== 'object' || value === null

function simple(value: unknown): string {
  if (value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value !== 'number') return String(value)
  return Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(4)))
}

/** Keys of these are names that a person gave, and not ours to spell out. */
const namesOfClasses = new Set(['perClass', 'classes'])

/**
 * Returns a value of a card in words: lists with commas, records as "name value; name value", records of names as
 * "this → that". What is within another is in brackets.
 * @param key the name under which it stands
 */
export function inWords(value: unknown, key = ''): string {
  const inner = (one: unknown, name?: string) => (isSimple(one) ? simple(one) : `(${inWords(one, name)})`)
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((one) => inner(one)).join(', ')
  if (!isRecord(value)) return simple(value)
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  if (entries.length === 0) return 'none'
  const areNames = namesOfClasses.has(key)
  const arrow = areNames && entries.every(([, one]) => typeof one === 'string') ? ' → ' : ' '
  return entries.map(([name, one]) => `${areNames ? name : words(name)}${arrow}${inner(one, name)}`).join('; ')
}

const table = (rows: readonly (readonly string[])[]) =>
  [rows[0], rows[0].map(() => '---'), ...rows.slice(1)].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

const turned = (rows: readonly (readonly string[])[]) => rows[0].map((_, i) => rows.map((row) => row[i]))

/**
 * Returns how a network was trained as Markdown for its card: a table of names and values, and below it one table for
 * each list of records, such as the data sets. A record of more than numbers has a row for each of its entries.
 */
export function trainingTable(training: Readonly<Record<string, unknown>>): string {
  const rows: (readonly string[])[] = [['training', 'value']]
  const lists: string[] = []
  for (const [key, value] of Object.entries(training)) {
    if (value === undefined) continue
    if (Array.isArray(value) && value.length > 0 && value.every(isRecord)) {
      const names = [...new Set(value.flatMap((one) => Object.keys(one)))]
      const columns = value.map((one, i) => [
        `${words(key)}: ${i + 1}`,
        ...names.map((name) => (one[name] === undefined ? '' : inWords(one[name], name))),
      ])
      const rowNames = ['', ...names.map(words)]
      // The shorter side goes across, so that a table of few data sets is no wider than a page.
      lists.push(table(columns.length > names.length ? [rowNames, ...columns] : turned([rowNames, ...columns])))
    } else if (isRecord(value) && !Object.values(value).every((one) => typeof one === 'number')) {
      for (const [name, one] of Object.entries(value))
        if (one !== undefined) rows.push([`${words(key)}: ${words(name)}`, inWords(one, name)])
    } else rows.push([words(key), inWords(value, key)])
  }
  return [table(rows), ...lists].join('\n\n')
}
