import { describe, expect, it } from 'vitest'
import { nucleusClassSchema } from '../../electron/contract/api/classes.ts'
import { colouringNow } from '../../renderer/features/nuclei/classes/colouring.ts'
import { keyTyped, openDrafts, withDrafts } from '../../renderer/features/nuclei/classes/scheme.ts'

describe('editing the classes', () => {
  it('the last letter or digit typed becomes the key, in lower case, and an empty field means no key', () => {
    expect(keyTyped('1')).toBe('1')
    expect(keyTyped('1Q')).toBe('q')
    expect(keyTyped('Ä')).toBe('ä')
    expect(keyTyped(' ')).toBe('')
    for (const sign of ['-', '?', ',', '1.']) expect(keyTyped(sign)).toBeNull()
  })

  it('the host accepts every key that the page accepts', () => {
    const { key } = nucleusClassSchema.shape
    for (const typed of ['Z', '٣', 'İ', '²', 'ß', 'Ω', '中', 'ABC'])
      expect(key.safeParse(keyTyped(typed) ?? '').success, typed).toBe(true)
  })

  const classes = [
    { id: 4, name: 'tumour', color: '#111111', key: '1' },
    { id: 7, name: 'stroma', color: '#222222', key: '2' },
  ]
  const drafts = new Map([
    [4, { name: 'tumour' }],
    [7, { name: 'stro', color: '#333333' }],
  ])

  it('text being typed and a colour being chosen are shown instead of the project’s', () => {
    expect(withDrafts(classes, drafts)).toEqual([classes[0], { id: 7, name: 'stro', color: '#333333', key: '2' }])
  })

  it('text being typed stays when the project changes, until the project has it', () => {
    const open = openDrafts(drafts, [classes[0], { ...classes[1], color: '#333333' }])
    expect([...open.keys()]).toEqual([7])
    expect(open.get(7)).toEqual({ name: 'stro' })
  })

  it('text typed for a removed class is dropped', () => {
    expect(openDrafts(drafts, [classes[0]]).size).toBe(0)
  })
})

describe('a colouring whose data has not arrived yet', () => {
  const predicted = { count: 0, classId: new Uint16Array(), margin: new Uint8Array(), entropy: new Uint8Array() }
  it('the colours stay as they were until the data has arrived', () => {
    expect(colouringNow('entropy', 'class', null)).toBe('class')
    expect(colouringNow('entropy', 'class', predicted)).toBe('entropy')
  })

  it('the colours change at once if no data is needed', () => {
    expect(colouringNow('source', 'entropy', null)).toBe('source')
  })
})
