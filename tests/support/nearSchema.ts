import fc from 'fast-check'
import type { z } from 'zod'

/** Values that no route expects anywhere, and some that other programs have stumbled over. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    NaN,
    Infinity,
    -Infinity,
    -1,
    -0,
    0.5,
    2 ** 31,
    2 ** 53,
    2 ** 53 + 2,
    1e308,
    -1e308,
    '',
    ' ',
    '\0',
    '__proto__',
    'constructor',
    '../../../../no/such/file',
    'no\\such\\file',
    '/no/such/folder/file.svs',
    'file:///no/such/file',
    '/no/such/file#image=99999999999999999999',
    "'; DROP TABLE slides; --",
    '\ud800',
    'x'.repeat(100_000),
    [],
    {},
    JSON.parse('{"__proto__":{"polluted":true}}'),
    { constructor: { prototype: { polluted: true } } },
    { toString: 1, valueOf: null },
    Array.from({ length: 5_000 }, () => 1e300),
  ),
  fc.double(),
  fc.integer(),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

interface Def {
  readonly type: string
  readonly shape?: Record<string, z.ZodType>
  readonly element?: z.ZodType
  readonly innerType?: z.ZodType
  readonly items?: readonly z.ZodType[]
  readonly options?: readonly z.ZodType[]
  readonly entries?: Record<string, string>
  readonly values?: readonly unknown[]
  readonly in?: z.ZodType
  readonly valueType?: z.ZodType
}

/**
 * Generates values in the neighbourhood of a schema: of its form, with the numbers and names that a small project has,
 * and with now and then a part that is missing, of another type, huge, or of no form at all. So some of them pass the
 * schema's check and reach the code behind it.
 */
export function nearSchema(schema: z.ZodType): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 6, arbitrary: formed(schema) }, { weight: 1, arbitrary: junk })
}

function formed(schema: z.ZodType): fc.Arbitrary<unknown> {
  const def = schema.def as unknown as Def
  const near = (inner: z.ZodType | undefined) => (inner ? nearSchema(inner) : junk)
  switch (def.type) {
    case 'object':
      return fc
        .record(Object.fromEntries(Object.entries(def.shape ?? {}).map(([name, inner]) => [name, near(inner)])), {
          noNullPrototype: true,
        })
        .chain((whole) =>
          fc
            .option(fc.constantFrom(...Object.keys(whole), 'surprise'), { freq: 8 })
            .map((lost) => Object.fromEntries(Object.entries(whole).filter(([name]) => name !== lost))),
        )
    case 'array':
      return fc.array(near(def.element), { maxLength: 8 })
    case 'tuple':
      return fc.tuple(...(def.items ?? []).map(near))
    case 'union':
      return fc.oneof(...(def.options ?? []).map(near))
    case 'optional':
    case 'default':
    case 'nonoptional':
      return fc.option(near(def.innerType), { nil: undefined })
    case 'nullable':
      return fc.option(near(def.innerType))
    case 'pipe':
      return near(def.in)
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries ?? {}))
    case 'literal':
      return fc.constantFrom(...(def.values ?? []))
    case 'number':
      return fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ min: -10, max: 500, noNaN: true }), fc.integer())
    case 'string':
      return fc.constantFrom('round', 'tiny', '#ff0000', '1', 'a name', '/no/such/file.tif', '/no/such/folder')
    case 'boolean':
      return fc.boolean()
    case 'record':
      return fc.dictionary(fc.constantFrom('a', '1', 'constructor'), near(def.valueType), { maxKeys: 4 })
    default:
      throw new Error(`nearSchema does not know the zod type "${def.type}" yet; add it.`)
  }
}
