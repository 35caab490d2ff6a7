import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FailureError } from '../../electron/contract/index.ts'
import { readSafetensors } from '../../electron/formats/weights/safetensors.ts'
import { readTorchCheckpoint, readTorchModule } from '../../electron/formats/torch/index.ts'
import { random } from '../../models/nn/random.ts'
import { temporaryFolder } from './support.ts'
import { archive, asZip64, call, global, pickled, stateDict, textValue, torchFile } from './torchFiles.ts'

const folder = temporaryFolder()
let made = 0
function saved(bytes: Uint8Array, name = 'x.pth'): string {
  const path = join(folder, `${made++}-${name}`)
  writeFileSync(path, bytes)
  return path
}
async function refusal(path: string): Promise<FailureError> {
  const error: unknown = await readTorchCheckpoint(path).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(FailureError)
  return error as FailureError
}

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const expected: Record<string, { shape: number[]; data: number[] }> = {
  whole: { shape: [2, 3, 4], data: count(24) },
  transposed: { shape: [6, 4], data: count(24).map((i) => 6 * (i % 4) + Math.floor(i / 4)) },
  part: { shape: [2, 3], data: [5, 6, 7, 8, 9, 10] },
  every_other: { shape: [3, 3], data: [6, 8, 10, 12, 14, 16, 18, 20, 22] },
  half: { shape: [3], data: [0.5, -2, 65504] },
  brain: { shape: [3], data: [1, -3.140625, 2 ** 100] },
  double: { shape: [1], data: [Math.fround(1 / 3)] },
  long: { shape: [2], data: [-7, 2 ** 31 - 1] },
  int: { shape: [1], data: [-8] },
  short: { shape: [2], data: [-9, 300] },
  char: { shape: [1], data: [-10] },
  byte: { shape: [1], data: [200] },
  bool: { shape: [2], data: [1, 0] },
  scalar: { shape: [], data: [2.5] },
  empty: { shape: [0, 3], data: [] },
  parameter: { shape: [1], data: [4] },
}

describe('a checkpoint that PyTorch wrote is read exactly', () => {
  it.each(['archive.pth', 'archive-protocol-5.pth', 'stream.pth'])(
    '%s is read with every kind of number and view, beside settings',
    async (name) => {
      const tensors = await readTorchCheckpoint(torchFile(name))
      const plain = Object.fromEntries([...tensors].map(([key, { shape, data }]) => [key, { shape, data: [...data] }]))
      expect(plain).toEqual(expected)
    },
  )

  it.each(['module-archive.pkl', 'module-stream.pkl'])(
    'the state dict of a whole pickled module is read from %s',
    async (name) => {
      const tensors = await readTorchModule(torchFile(name))
      // The same names as torch's state_dict(), which leaves out the buffer that is not persistent.
      expect([...tensors.keys()]).toEqual([
        '0.weight',
        '0.bias',
        '1.0.weight',
        '1.0.bias',
        '1.0.running_mean',
        '1.0.running_var',
        '1.0.num_batches_tracked',
      ])
      expect(tensors.get('0.weight')).toEqual({ shape: [2, 1, 1, 1], data: Float32Array.of(3, 4) })
      expect(tensors.get('0.bias')?.data).toEqual(Float32Array.of(0.5, -0.5))
    },
  )

  it('an archive with a zip64 directory is read', async () => {
    const path = saved(asZip64(readFileSync(torchFile('archive.pth'))))
    expect((await readTorchCheckpoint(path)).get('part')?.data).toEqual(Float32Array.of(5, 6, 7, 8, 9, 10))
  })

  it('a state dict is refused with a clear message if a pickled module is needed', async () => {
    await expect(readTorchModule(torchFile('archive.pth'))).rejects.toThrow(
      /must hold a pickled module, but it holds a dictionary/,
    )
  })
})

describe('a pickle that asks for code is refused, the message names the code, and nothing runs', () => {
  const trap = join(folder, 'trap')
  const cases: [string, number[]][] = [
    ['posix.system', call(global('posix', 'system'), textValue(`touch ${trap}`))],
    ['builtins.eval', call(global('__builtin__', 'eval'), textValue('1'))],
    ['os.system', [...textValue('os'), ...textValue('system'), 0x93, ...textValue('true'), 0x85, 0x52]],
    ['torch.load', call(global('torch', 'load'), textValue('y.pth'))],
    ['torch.hub.load', call(global('torch.hub', 'load'))],
    ['collections.namedtuple', call(global('collections', 'namedtuple'))],
    ['torch.storage._load_from_bytes', call(global('torch.storage', '_load_from_bytes'))],
    ['builtins.getattr', call(global('builtins', 'getattr'))],
    ['constructor.prototype', call(global('constructor', 'prototype'))],
  ]
  it.each(cases)('%s', async (name, code) => {
    for (const bytes of [archive(pickled(code)), pickled(code)]) {
      const error = await refusal(saved(bytes))
      expect(error.failure.kind).toBe('unsupported')
      expect(error.message).toContain(`asks for the Python code "${name}"`)
      expect(error.message).toContain('nothing was run')
    }
    await expect(readSafetensors(trap)).rejects.toThrow(/no such file/)
  })

  it('code beside valid weights is refused', async () => {
    const weights = stateDict({ shape: [2, 3], strides: [3, 1], elements: 6 })
    const hidden = [...weights, ...textValue('optimizer'), ...call(global('os', 'system'), textValue('true')), 0x73]
    expect((await refusal(saved(archive(pickled(hidden))))).message).toContain('"os.system"')
  })
})

describe('a damaged checkpoint is refused with a clear message', () => {
  const sound = { shape: [2, 3], strides: [3, 1], elements: 6 }

  it('the undamaged file is read', async () => {
    expect((await readTorchCheckpoint(saved(archive(pickled(stateDict(sound)))))).get('w')).toEqual({
      shape: [2, 3],
      data: new Float32Array(6),
    })
  })

  const claims: [string, Parameters<typeof stateDict>[0], RegExp][] = [
    [
      'a shape larger than its storage',
      { ...sound, shape: [3, 3] },
      /"w" of shape \[3, 3\] does not fit its storage of 6/,
    ],
    [
      'a storage larger than its file',
      { shape: [1 << 20, 512], strides: [512, 1], elements: 1 << 29 },
      /does not fit its storage of 6/,
    ],
    ['an offset past the end', { ...sound, offset: 1 }, /does not fit/],
    ['one number repeated a billion times', { shape: [1 << 15, 1 << 15], strides: [0, 0], elements: 6 }, /repeats/],
    ['a negative size', { ...sound, shape: [-2, 3] }, /arguments that do not fit/],
    ['strides of another rank', { ...sound, strides: [1] }, /arguments that do not fit/],
    ['one storage claimed by very many tensors', { ...sound, copies: 400 }, /shares its storage/],
  ]
  it.each(claims)('%s', async (_, claim, sentence) => {
    const numbers = claim.copies ? 20_000 : 6
    const whole = claim.copies ? { ...claim, shape: [numbers], strides: [1], elements: numbers } : claim
    const error = await refusal(saved(archive(pickled(stateDict(whole)), numbers)))
    expect(error.failure.kind).toBe('unreadable')
    expect(error.message).toMatch(sentence)
  })

  it.each(['archive.pth', 'stream.pth'])('%s is refused wherever it is cut short', async (name) => {
    const bytes = readFileSync(torchFile(name))
    for (const share of [0.001, 0.05, 0.3, 0.6, 0.9, 0.99, 0.9999]) {
      const error = await refusal(saved(bytes.subarray(0, Math.floor(share * bytes.length))))
      expect(error.failure.kind).toBe('unreadable')
      expect(error.message).toMatch(/cut short|it ended|neither of torch's two forms/)
    }
  })

  it('an empty file, a missing file, a folder and a file of another kind are refused', async () => {
    expect((await refusal(saved(new Uint8Array(0)))).message).toMatch(/is empty/)
    expect((await refusal(join(folder, 'none.pth'))).failure.kind).toBe('not-found')
    expect((await refusal(folder)).message).toMatch(/this is a folder/)
    expect((await refusal(saved(Buffer.from('name,loss\n1,2\n')))).message).toMatch(/neither of torch's two forms/)
    expect((await refusal(saved(pickled([0x7d])))).message).toMatch(/not one that torch wrote/)
    expect((await refusal(saved(archive(pickled([0x7d]))))).message).toMatch(
      /must hold a state dict, but it holds an empty dictionary/,
    )
  })

  it('a randomly damaged file is read or refused with a clear message within two seconds and never crashes', async () => {
    const rng = random(1)
    const sources = ['archive.pth', 'stream.pth', 'module-stream.pkl'].map((name) => readFileSync(torchFile(name)))
    let refused = 0
    for (let i = 0; i < 100; i++) {
      const bytes = Buffer.from(sources[i % sources.length])
      for (let n = 1 + rng.below(6); n > 0; n--) {
        const at = rng.below(bytes.length - 4)
        if (rng.next() < 0.5) bytes[at] = rng.below(256)
        else bytes.writeUInt32LE(rng.next() < 0.5 ? 0xffffffff : rng.below(1 << 20), at)
      }
      const began = performance.now()
      try {
        await readTorchCheckpoint(saved(bytes))
      } catch (error) {
        expect(error).toBeInstanceOf(FailureError)
        refused++
      }
      expect(performance.now() - began).toBeLessThan(2000)
    }
    expect(refused).toBeGreaterThan(20)
  })
})
