import { expect, test, type CDPSession, type Page } from '@playwright/test'
import { middle } from '../support/seedNuclei.ts'
import { address, atWorkbench, engineOf, gridInMiddle, keep, openSlide, seed, toPage } from './workbench.ts'

const grid = gridInMiddle(20, 15, 30, 8)
const all = grid.columns * grid.rows
const jitter = [
  [3, 0],
  [-2, 2],
  [0, -3],
  [-3, -1],
]

/**
 * A hand at mouse or pen and keys, all events under way at once: the press shakes by 3 px before it lets go; a fast hand
 * is on the key before that; a pen comes without a hover.
 */
async function clickAndKey(hand: CDPSession, at: { x: number; y: number }, k: number, key: string): Promise<void> {
  const [dx, dy] = jitter[k % jitter.length]
  const isPen = k % 3 === 2
  const isFast = k % 3 === 1
  const away = { x: at.x + dx, y: at.y + dy }
  const held = { button: 'left', buttons: 1, clickCount: 1, pointerType: isPen ? 'pen' : 'mouse', force: 0.5 } as const
  const code = `Digit${key}`
  const keyEvent = { key, code, text: key, windowsVirtualKeyCode: key.charCodeAt(0) }
  const mouse = (event: Parameters<typeof hand.send<'Input.dispatchMouseEvent'>>[1]) =>
    hand.send('Input.dispatchMouseEvent', event)
  const press = () => hand.send('Input.dispatchKeyEvent', { type: 'keyDown', ...keyEvent })
  const lift = () => hand.send('Input.dispatchKeyEvent', { type: 'keyUp', ...keyEvent })
  await Promise.all([
    ...(isPen ? [] : [mouse({ type: 'mouseMoved', ...at })]),
    mouse({ type: 'mousePressed', ...at, ...held }),
    mouse({ type: 'mouseMoved', ...away, ...held }),
    ...(isFast ? [press()] : []),
    mouse({ type: 'mouseReleased', ...away, ...held, buttons: 0 }),
    ...(isFast ? [] : [press()]),
    lift(),
  ])
}

test('300 fast clicks and keys label 300 nuclei: none is lost and none pans the slide', async () => {
  await atWorkbench({ width: 1280, height: 800 }, async ({ karyon, context, page: first, origin, complaints }) => {
    await openSlide(first)
    await seed(first, grid)
    const keys = await first
      .getByTestId('legend')
      .locator('tbody tr[data-key]')
      .evaluateAll((rows) =>
        rows.map((row) => ({ key: row.getAttribute('data-key') ?? '', name: row.getAttribute('data-class') ?? '' })),
      )
    expect(keys.length).toBeGreaterThan(1)
    const classOf = (k: number) => keys[(k * 7) % keys.length]

    const label = async (page: Page, from: number, to: number) => {
      const place = await toPage(page)
      const hand = await context.newCDPSession(page)
      const where = await page.getByTestId('magnification').textContent()
      for (let k = from; k < to; k++) {
        await clickAndKey(hand, place(middle(grid, k)), k, classOf(k).key)
      }
      expect(await page.getByTestId('magnification').textContent()).toBe(where)
      return place
    }
    const approach = async (page: Page) => {
      await page.getByTestId('stage').hover()
      for (let k = 0; k < 2; k++) await page.keyboard.press('+')
    }

    await approach(first)
    const before = await label(first, 0, 100)
    await test.step('labelling goes on after the engine was killed', async () => {
      await expect.poll(() => engineOf(karyon.pid)).toBeGreaterThan(0)
      process.kill(engineOf(karyon.pid), 'SIGKILL')
    })
    const after = await label(first, 100, 200)
    const corner = middle(grid, 0)
    expect(Math.hypot(after(corner).x - before(corner).x, after(corner).y - before(corner).y)).toBeLessThan(2)
    await keep(first, '1-200-labelled')
    await first.close() // right after the last key

    const page = await context.newPage()
    await page.goto(address(origin))
    await expect(page.getByTestId('total')).toHaveText(String(all))
    await approach(page)
    await label(page, 200, all)
    await expect(page.getByTestId('slide').first()).toContainText(`${all} labelled`, { timeout: 60_000 })
    await keep(page, '2-all-labelled')

    const file = await (await page.request.get(`${origin}/projects/1/slides/1/export/geojson`)).json()
    const { features } = file as {
      features: { geometry: { coordinates: number[][][] }; properties: { classification?: { name: string } } }[]
    }
    expect(features).toHaveLength(all)
    const wrong = features.flatMap(({ geometry, properties }) => {
      const ring = geometry.coordinates[0].slice(0, 8)
      const x = ring.reduce((sum, p) => sum + p[0], 0) / ring.length
      const y = ring.reduce((sum, p) => sum + p[1], 0) / ring.length
      const k = Math.round((y - grid.top) / grid.step) * grid.columns + Math.round((x - grid.left) / grid.step)
      const said = properties.classification?.name
      return said === classOf(k).name ? [] : [`nucleus ${k} is ${said}, not ${classOf(k).name}`]
    })
    expect(wrong).toEqual([])
    expect(complaints).toEqual([])
  })
})
