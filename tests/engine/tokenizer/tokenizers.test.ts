import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTokenizer } from '../../../electron/engine/tokenizer/tokenizers.ts'
import { readSafetensors } from '../../../electron/formats/weights/safetensors.ts'
import { dataFolder, hasData } from '../../support/data.ts'
import { temporaryFolder } from '../../support/cli.ts'

describe.skipIf(!hasData('parity'))('DALL-E’s encoder as a tokenizer', () => {
  const file = dataFolder('parity/dvae_encoder.pkl')

  it('gives the original’s tokens of a picture in bytes, and states its vocabulary', async () => {
    const golden = await readSafetensors(dataFolder('parity/dvae_expected.safetensors'))
    const image = golden.get('image_rgb01')!.data as Float32Array // [1, 3, 64, 64]
    const pixels = 64 * 64
    const rgb = Uint8Array.from({ length: 3 * pixels }, (_, i) =>
      Math.round(255 * image[(i % 3) * pixels + ((i / 3) | 0)]),
    )
    const tokenizer = await openTokenizer(file)
    expect(tokenizer.vocabulary).toBe(512)
    const tokens = await tokenizer.tokens(rgb, 64, 1)
    expect([...tokens]).toEqual([...golden.get('codes')!.data])

    // Several pictures are as many times one picture.
    const twice = new Uint8Array(2 * rgb.length)
    twice.set(rgb)
    twice.set(rgb, rgb.length)
    expect([...(await tokenizer.tokens(twice, 64, 2))]).toEqual([...tokens, ...tokens])
  })

  it('refuses a checkpoint of another network with a clear sentence', async () => {
    await expect(openTokenizer(dataFolder('parity/finetune.pth'))).rejects.toThrow(/pickled module|no visual tokenizer/)
  })
})

describe('a tokenizer folder', () => {
  const folderWith = (json: string): string => {
    const folder = join(temporaryFolder(), 'tokenizer')
    mkdirSync(folder)
    writeFileSync(join(folder, 'tokenizer.json'), json)
    return folder
  }

  it.each([
    ['that is not there', () => join(temporaryFolder(), 'nothing'), /no such file or folder/],
    ['without a description', () => temporaryFolder(), /tokenizer\.json: there is no such file|tokenizer description/],
    ['whose description is not JSON', () => folderWith('{'), /must be JSON/],
    [
      'of something else',
      () => folderWith('{"format":"karyon-model"}'),
      /does not describe what Karyon reads: "format" must be one of karyon-tokenizer/,
    ],
  ])('%s is refused with a clear sentence', async (_, folder, sentence) => {
    await expect(openTokenizer(folder())).rejects.toThrow(sentence)
  })
})
