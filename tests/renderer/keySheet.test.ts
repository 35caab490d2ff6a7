import { readFileSync, writeFileSync } from 'node:fs'
import { format } from 'prettier'
import { expect, test } from 'vitest'
import { keySheet, keySheetPath } from '../pictures/keySheet.ts'

test('the sheet of keys in docs has the keys of the page (KARYON_WRITE=1 writes it anew)', async () => {
  const sheet = await format(keySheet(), { parser: 'markdown', printWidth: 120 })
  if (process.env.KARYON_WRITE) writeFileSync(keySheetPath, sheet)
  expect(readFileSync(keySheetPath, 'utf8')).toBe(sheet)
})
