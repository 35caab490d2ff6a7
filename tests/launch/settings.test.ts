import { inEnglish, type Message } from '../../electron/contract/index.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { applySettings } from '../../electron/launch/settings.ts'
import { temporaryFolder } from '../store/temporary.ts'

const inWords = (complaint: Message | null) => complaint && inEnglish(complaint)

/** The environment after the settings of a folder were applied, and the complaint. */
function applied(text: string | null, environment: NodeJS.ProcessEnv = {}) {
  const folder = temporaryFolder()
  if (text !== null) writeFileSync(join(folder, 'settings.json'), text)
  const all: NodeJS.ProcessEnv = { ...environment, KARYON_HOME: folder }
  return { complaint: inWords(applySettings(all)), openSlide: all.KARYON_OPENSLIDE }
}

test('the OpenSlide library is read from settings.json unless the environment names another', () => {
  const settings = JSON.stringify({ openSlide: '/opt/openslide' })
  expect(applied(settings)).toEqual({ complaint: null, openSlide: '/opt/openslide' })
  expect(applied(settings, { KARYON_OPENSLIDE: '/usr/lib' })).toEqual({ complaint: null, openSlide: '/usr/lib' })
  expect(applied(null)).toEqual({ complaint: null, openSlide: undefined })
})

test.each(['{ openSlide: ', '[]', '{ "openSlide": 4 }', '{ "openslide": "/opt" }'])(
  'settings.json holding %s changes nothing and says why',
  (text) => {
    const { complaint, openSlide } = applied(text)
    expect(openSlide).toBeUndefined()
    expect(complaint).toMatch(/^The settings in .*settings\.json are not used: .+\. Mend or remove the file\.$/)
  },
)
