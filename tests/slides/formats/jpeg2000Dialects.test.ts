import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RgbImage } from '../../../electron/contract/index.ts'
import { encodeJpeg2000 } from '../../support/encodeJpeg2000.ts'
import { openSlideLibraries, readBy } from '../../support/openslide.ts'
import { largestDifference, picture, temporaryFolder, wholeOf, withSlide } from '../../support/slides.ts'
import { rgbTiles, writeTiff, type Entry } from '../../support/tiff.ts'

const folder = temporaryFolder()
const image = picture(64, 64)
const libraries = await openSlideLibraries()
const aperio: Entry = { tag: 270, type: 2, values: 'Aperio Image Library v11\r\n64x64|AppMag = 20' }

const written = (name: string, compression: number, codestream: Buffer, extra: Entry[] = [aperio]): string => {
  const path = join(folder, name)
  const entries = [...rgbTiles(64, 64, 64, compression), { tag: 284, type: 3, values: [1] } as const, ...extra]
  writeFileSync(path, writeTiff([{ entries, blocks: [codestream] }]))
  return path
}

/** Full-range BT.601, as JPEG has it. */
function yCbCrOf({ width, height, data }: RgbImage): RgbImage {
  const out = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = data.subarray(i, i + 3)
    out[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b)
    out[i + 1] = Math.min(255, Math.round(128 - 0.168736 * r - 0.331264 * g + 0.5 * b))
    out[i + 2] = Math.min(255, Math.round(128 + 0.5 * r - 0.418688 * g - 0.081312 * b))
  }
  return { width, height, data: out }
}

describe('JPEG 2000 in its dialects', () => {
  test('33005 and 34712 hold RGB: reversible ones are exactly what was written', async () => {
    const codestream = await encodeJpeg2000(image)
    expect(largestDifference(await withSlide(written('a.svs', 33005, codestream), wholeOf), image)).toBe(0)
    expect(largestDifference(await withSlide(written('b.tif', 34712, codestream, []), wholeOf), image)).toBe(0)
  })

  test('33003 holds YCbCr in Aperio’s files, RGB in others', async () => {
    const luma = await encodeJpeg2000(yCbCrOf(image))
    // Rounded once on the way there and once on the way back.
    expect(largestDifference(await withSlide(written('c.svs', 33003, luma), wholeOf), image)).toBeLessThanOrEqual(2)
    const ome: Entry = { tag: 270, type: 2, values: '<OME xmlns="x"></OME>' }
    const path = written('d.ome.tif', 33003, await encodeJpeg2000(image), [ome])
    expect(largestDifference(await withSlide(path, wholeOf), image)).toBe(0)
  })

  describe.each(libraries)('beside OpenSlide $version', (library) => {
    test('33003 with full and with halved chroma differs by at most 2', async () => {
      for (const [name, codestream] of [
        ['e.svs', await encodeJpeg2000(yCbCrOf(image))],
        ['f.svs', halvedChroma()],
      ] as const) {
        const path = written(name, 33003, codestream)
        const ours = await withSlide(path, wholeOf)
        expect(largestDifference(ours, await readBy(library, path, 0, 0, 64, 64)), name).toBeLessThanOrEqual(2)
      }
    })
  })
})

/** 64² px of CMU-1-Small-Region.svs at 1000, 1500 by OpenJPEG's opj_compress: YCbCr, chroma halved in x, ratio 8. */
function halvedChroma(): Buffer {
  return Buffer.from(
    '/0//UQAvAAAAAABAAAAAQAAAAAAAAAAAAAAAQAAAAEAAAAAAAAAAAAADBwEBBwIBBwIB/1IADAAAAAEABQQEAAH/XAATQEBISFBISFBISFBISFBISFD/ZA' +
      'AlAAFDcmVhdGVkIGJ5IE9wZW5KUEVHIHZlcnNpb24gMi41LjD/kAAKAAAAAAUwAAH/k8+wFATcOeUnwfGCApvD5gQB7cfYCw+kJB8wUApgLoZ/B8aaEQQx' +
      'yxu/wHwBAAMvwfMCgfECgfMDC7UFDwY+f8fSQh8YuPoHABmcW95nrl8jczs0Ict9gGgDAbG8ldRVdsrvnBUR3Q4sv+9AdN/x5IqWwPCQOhwHhRGbhwEU12' +
      'EJq8TKIMHwDQPgFgfAKBLrUxxnRBBJ+T5PBAurXWbHyq4+VLHypQ7vd4LL21dXksO269WXNcDeyjfwssWDNEkwHRr8cxDLDlQKidWTpO9FAMowKxeogV/s' +
      'aKJLyPTIxscj1mX+lfZpxPDiPLZnwoY6xG4fTriSV1e7RZe2+acHuvyQkIC/GPqO2/gPwHFSEsShEiElKAqwoR4C4cDjUDpIDOP/HpFX/LhOzmPyFCENOR' +
      'vF/vqxucPlKQONg+EsKTFR4FNG7a8MVlw5Xhc9RcXFynQKheXS4Y2cYQNp6fGzIGHXMVa9uq73Y9jPlu8fJdIfDqpel+7kHl3yFME179oQ9ExnO7WdvN4j' +
      '4gWJt/v0oAOOQ7nu37oYxjoULse9lrNNJRhyAVxqrlfsW+dsytWs6uYiOSvSBvAHPZ4czaH6PpKaZbXaLGCBTADLRANs3VMOp9yj3gB3CmvsJoeeWxXdhj' +
      'TUwSMLCuN/H1JDllXFzXQgTI/I3ayr9Kl3aIq78y7YEkUGMFJPCEwd2BqqsN2cTgzLLInR954GOr8fDOwGvmSzp933lrkHbtRMsmoqS0eGcb/f1MsCQ9jW' +
      'xLYzZkhBw6Pm3LAVg5jfBZizSmGMh3VcSGKlBxsBrheCOOoSI4WsTS81QOnzx6C9i8wfRljJiU93tdgLcdWGoUq+rrL2HFEmCOLXpRS5Jty3rMjTCUUS3n' +
      'ciqhTqoqVcBRL3bCn8KnY3Xc6vI6bGTR/qZ0K+FOQB7cHXIOrQLUAX/JAaruFP/22YQ8eVe+e2L9ELnproP4Fq6gveG8wqBj7vzJLBZA8v9CB96xnbgPFw' +
      '4BXv1Eahpg2nj1uj97/owpvTnt9wwdqIOOg6cAucg2pLV3o/FGkcM38pzq8M1gsG8iCRVr0kSgrFeZtyn5Sbnz3y2IeAH9NBRhRIj3zvwfk4py8esmjyls' +
      'wzr6LLaEukx8PZMfDs8HKQiz8AO95o1JOo77h7ejykCxXa1bU0YLYRF4LDZoaYCF4pZkpH5W7sTkeCDQ4pWSnEcah46PapFcX6ldYcOvOiAJhhr6iql+jP' +
      '3fCLPCj3ST++ihL1fO0z0+1EE0SynjB59NlpZQKynTmCbLpSmUoIszsbGVLMYjvFGxLv3YGm4DWm8Rqy/GreE+FAp827Itav/A77NnCYHsvuCzx4i6t3Za' +
      'DNX4qIukXPabK2P0NsIuo5NIFcPKZ6gA6+he6nHYbkJEq9e1zO9uJ2k5syws0HIeUwt3KbCgCt3ZCA0d1nZI+k7DwW3zKtZx/Nvf78V5n2B4lXyvpfF2vR' +
      'Ar3b8WZR404nY8XYWjrjB1qlMlgs924H1e6mahDG5cypv7ZLW/TuGIIxFvBZ6TRQXf8tzQnNOJA7FAfwTo3nxZ+dkrfVDPeMWsO6OC02zNdww66rupJoIu' +
      'JRfje64TfTE2KiEhz14S4OOQ4f8106V1AfbRP5CNDLzPGgk/2zkHl4T6yP+AV/IPt9gNFsewwYoFOOw7oAjeG6FQLIGZjUiL8eCJfxD7iMfpW5aYgTJfiQ' +
      'usz9c5C8CexuIcD0HzerNGaE/wSpWcudhiqm8MDvCiQ2JVFXmf/Z',
    'base64',
  )
}
