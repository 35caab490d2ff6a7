import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chordsOf, keyGroups, type Command, type KeyGroup } from '../../renderer/keys/table.ts'
import { keyName } from '../../renderer/keys/names.ts'
import { strings } from '../../renderer/strings.ts'

const root = join(import.meta.dirname, '../..')
export const keySheetPath = join(root, 'docs/keys.md')

/** A cell of a Markdown table. */
const cell = (text: string) => text.replaceAll('|', '\\|')
const keys = (chords: readonly string[]) => chords.map((chord) => `**${cell(keyName(chord))}**`).join(', ')
const table = (title: string, rows: readonly (readonly [keys: string, does: string])[]) =>
  [
    `## ${title}`,
    '',
    '| Keys | What they do |',
    '| --- | --- |',
    ...rows.map(([a, b]) => `| ${a} | ${cell(b)} |`),
    '',
  ].join('\n')

/** The panels' keys. Their table imports Vue components, which only the page's compiler reads. */
const panelKeys = () =>
  [
    ...readFileSync(join(root, 'renderer/window/panels.ts'), 'utf8').matchAll(
      /strings\.panels\.(\w+), key: '([^']+)'/g,
    ),
  ].map(([, panel, chord]) => [keys([chord]), strings.panels[panel as 'map']] as const)

/** Returns docs/keys.md: all keys of the page, from the table that the page itself uses. */
export function keySheet(): string {
  const groups = (Object.keys(keyGroups) as KeyGroup[]).map((group) =>
    table(
      strings.keys.groups[group],
      (Object.keys(keyGroups[group]) as Command[]).map((command) => [
        keys(chordsOf(command)),
        strings.keys.commands[command],
      ]),
    ),
  )
  const mouse = Object.values(strings.keys.gestures).map(({ keys, does }) => [`**${cell(keys)}**`, does] as const)
  return [
    '# Keys',
    '',
    `${strings.keys.intro} A class has the key that stands before its name, at first **1**, **2**, … In Karyon, **?** shows the same list.`,
    '',
    ...groups,
    table(strings.keys.panels, panelKeys()),
    table(strings.keys.mouse, mouse),
  ].join('\n')
}
