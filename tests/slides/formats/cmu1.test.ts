import { describe, expect, test } from 'vitest'
import { dataFolder, hasData } from '../../support/data.ts'
import { cut, decodedBy, hashOf, largestDifference, meanDifference, wholeOf, withSlide } from '../../support/slides.ts'

const path = dataFolder('slides/CMU-1-Small-Region.svs')

/** Reference values are OpenSlide 4.0.1's read_region of level 0, RGB, hashed. */
describe.skipIf(!hasData('slides'))('CMU-1-Small-Region.svs, whose JPEG tiles hold RGB and share tables', () => {
  test('has the expected size, scale and pictures', () =>
    withSlide(path, ({ info }) => {
      expect(info).toMatchObject({ format: 'Aperio SVS', width: 2220, height: 2967 })
      expect(info.mpp).toEqual({ x: 0.499, y: 0.499, source: 'Aperio header (MPP)' })
      expect(info.levels.filter((level) => !level.generated)).toEqual([
        { width: 2220, height: 2967, downsample: 1, tileWidth: 240, tileHeight: 240 },
      ])
    }))

  test('has lower levels for the overview, down to one tile', () =>
    withSlide(path, ({ info }) => {
      const generated = info.levels.filter((level) => level.generated)
      expect(generated.map((level) => level.downsample)).toEqual([2, 4, 8, 16])
      expect(generated.map((level) => [level.width, level.height])).toEqual([
        [1110, 1484],
        [555, 742],
        [278, 371],
        [139, 186],
      ])
    }))

  test('read whole, every pixel equals the reference', () =>
    withSlide(path, async (slide) => {
      expect(hashOf((await wholeOf(slide)).data)).toBe('0f88f63efc00700c336792997f8c49b0')
    }))

  test.each([
    [0, 0, 240, 240, '92e30fafb292c9a257199b4dc56c38f9'],
    [4, 6, 240, 240, '71f1aea3468fd1b2dc2ebfaaa45e3018'],
    [9, 12, 60, 87, '1eb58beeadac785478ea4b309dbc4fb0'],
  ])('the tile %i, %i passed through as JPEG decodes to the reference', (x, y, width, height, reference) =>
    withSlide(path, async (slide) => {
      const tile = await slide.tile(0, x, y)
      expect(tile.mime).toBe('image/jpeg')
      const pixels = cut(await decodedBy(tile.bytes), 0, 0, width, height)
      expect(hashOf(pixels.data)).toBe(reference)
    }),
  )

  test('a generated tile equals the region at the same place', () =>
    withSlide(path, async (slide) => {
      const tile = await decodedBy((await slide.tile(1, 2, 3)).bytes)
      const region = (x: number) => slide.region({ x, y: 1440, width: 480, height: 480 }, 240, 240)
      expect([tile.width, tile.height]).toEqual([240, 240])
      // The tile went once more through JPEG (quality 90), the region did not: measured 4.8, and 27 one pixel aside.
      expect(meanDifference(tile, await region(960))).toBeLessThan(6)
      expect(meanDifference(tile, await region(962))).toBeGreaterThan(12)
    }))

  test.each([
    [-1, 0, 0],
    [5, 0, 0],
    [0, 10, 0],
    [0, 0, 13],
    [0, -1, 0],
    [0, 0.5, 0],
    [0, NaN, 0],
  ])('a tile that is not there (level %d, %d, %d) is refused', (level, x, y) =>
    withSlide(path, async (slide) => {
      await expect(slide.tile(level, x, y)).rejects.toMatchObject({ failure: { kind: 'not-found' } })
    }),
  )

  // Reference values: Pillow 13 resize((16, 16), BILINEAR, box=…) of OpenSlide's pixels, base64.
  test.each([
    [24, 'shrunk by 1.5', shrunk()],
    [8, 'enlarged twice', enlarged()],
  ])('a region of %i px at a fractional place, %s, equals the reference', (size, _, reference) =>
    withSlide(path, async (slide) => {
      const region = await slide.region({ x: 1000.25, y: 1500.5, width: size, height: size }, 16, 16)
      // Pillow rounds between its two passes, we once.
      expect(largestDifference(region, { width: 16, height: 16, data: Buffer.from(reference, 'base64') })).toBeLessThan(
        2,
      )
    }),
  )
})

function shrunk() {
  return (
    '+PL3+vz28vfx6c3Y16TA0Ka/1pat1Iyxy5K/5brF4ay9z4Cz36K82rTR4aPGs2iR7Nfn+PT47/br8NzZ48PY4cXV2qu72qbH27HS' +
    '5rbC2pm915bB6a3A0pK+1IuwsmOLv5rQ8uH37/nz8Ojq7Nrm7d/k5crj7L7X5rfM1Jmv2o+/56nE0auzyoS44py0tGWRjWmf3c3m' +
    '9vv58ur09trv9Ojw7fjx9tvW55nFxHKeyYW16LXL3rrG3q3N6qi9s2qRcTR1vajW/fb87erv8tbq+uv27+Dw5bbG14eyv2uauny3' +
    '27nR4qfT1ajK0YSusFuHcSdrtJjJ//b98u7v8t/n+efu477jw4etwHidy5Kq17fR79XU5KPI0p6824eszG6MhUF3upe6++v0+Nvp' +
    '7c7b7LrU15e6tHKYxHqw57PH6dHd47nL1p240I663JO3y3eRr2KZ0Ji96b/Y77DS4KjC5KK91IKdt3KX38LT4cHO4K/O0ZK0zYql' +
    '2JW/1ZS4tm6I5qC33qPEzYWo5I2x14az34es1IWZs2yl+9Xgx6XE467F1pmwzpe268vY35W6s2aJ9q2505C0wXSP1XuTuWGexm2W' +
    '02OOpWSg7b3c4bXL6M7D2pzC3c7i9tji642yvFuM0XmfznmjyGyLymWDvVaIwFiHwV16nFiQ5q3Y5K/GzKfD27na7e7w5rTP3JCm' +
    'wWKStlmN0XSbzWySvlaAx1h9t0qGrlyDs2KS7qfI3qW3yJvQ7OLv9uHo3p3C1oyov2WU0HWT1nmcyGmSsE17u096uFaLw2ij4ICi' +
    '6JGyyZCu0r3f9u3u6b3Q3J64126irU2D63uYzmqbzmOLuFN6u0t+wmie6Y2k2HCIw3Wt06DA6vT07Mzp4aCy34u8zXKUrU6FzW+Q' +
    'ynCP1WR1l0lusFeN1neh0W+Qs1V+v4S15cHd9P355r/f042wz3Wzx2+Ntl6FzHqO3HSWulyBkkB5wXSY43+RvliArmCO1q3H+ejz' +
    '+/zz7L3Q2pSz0HemxGqLtGeH'
  )
}

function enlarged() {
  return (
    '9e799/f5+f/1+f70+Pvz9vr18/f38Pj07vjw6+Ll58zZ4LXN2ZzA0p66yZ6zy6C49uf4+vT4/f/2/f/3/f72+fv29vj28/fx7/fr' +
    '7uLi683Y5bjO3qHE16O/zqO60Ke/8t3x+O30/vv2/v34//75+/v39vf19Pfu8Pbo8OTf79HX6b3R5KnK3KvH063E1rLI687n8+Lt' +
    '+/Tz/fj3//v7+vj49fX08/bt7/fl8efe8tfX7sbU6bTR4bjQ2LrP3b/S4sHe7Nfn9ezw+fL2/Pf89/X48vP08Pbr7fji8Ovd893X' +
    '8M7Y7b/X5cTZ3Mfa4svb2LTV48zh7uPt8uv19/L98vL47fHz6/Xq6vng7u/c8uTY8Nfb7snc5s/g3dPj5tbjxZzL1bba5NDp7d/0' +
    '9+3+8/H67/T26/ft5/nk7PHi8uff8t3h8tLi6Nfk3trm6d7lqHq/wJfT17Pm6s7z/Oj/+/L9+vv77/r05Pjt6/Dt8efs9eHq+dvp' +
    '69zl3dzh6uHikmSurYLFxqDb4cLs++P8/fH9///98vz45fjz6/Dz8Ojz9+Px/t/u8N7o4dzi7OPjhFqYnHmxspfK07vf9N71+u74' +
    '///89P346fr07fH08en0+OP0/97y9d3t6tvp8eLpeEuCjGuenom5w6/T59Xu9On1//379vz57vv27/L18On09+L0/dzz99rw8Njt' +
    '9eHubjhsfViLinaosJ/I1sjn6+Dy//j8+fr68/z38PL17ejz9OHz+tny+Nfx9dXv+N7xaiVdc0V9fGScoo/AyLri5Nfw//T9+/j7' +
    '+Pz58fL16ejw7+Dw9dfu9tXv9tPu+t/zbRNUcDJ0c1GVmX67v6vf383v/+/+/vb8/f368vP05unt6uDr7tbo8dXq9NTq+eTycAlP' +
    'bydvbUSPk3O2uKHc3Mfu/+z///X+//788/T05uvr6OLo69jl79jn89fo+ejwdAZOcCJsaz6KkG2xtJvX2sTr/+z///b////+9Pf1' +
    '6e7s6uXo7Nzk8N3m9N3o+u3u'
  )
}
