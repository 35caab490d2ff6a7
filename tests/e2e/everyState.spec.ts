import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { isLong } from '../support/long.ts'
import { classifiedProject } from './demo.ts'
import { atRest, atWorkbench, keep, type Workbench } from './workbench.ts'

/** The smallest alone by default: 38 pictures. The long tests take 114, in about four minutes. */
const sizes = [
  { width: 1280, height: 720 },
  ...(isLong
    ? [
        { width: 1920, height: 1080 },
        { width: 3840, height: 2160 },
      ]
    : []),
]

/** Each state that the page can be in, by how a reader comes to it and how she leaves it again. */
const states: readonly {
  readonly name: string
  readonly enter: (page: Page) => Promise<void>
  readonly leave?: (page: Page) => Promise<void>
}[] = [
  { name: 'whole', enter: (page) => page.keyboard.press('Home') },
  { name: 'tissue', enter: (page) => page.keyboard.press('Shift+U'), leave: (page) => page.keyboard.press('Shift+U') },
  { name: 'outlines', enter: (page) => page.keyboard.press('Alt+5') },
  {
    name: 'selected',
    enter: async (page) => {
      await clickNucleus(page)
      await page.getByTestId('tab-nucleus').click()
    },
  },
  {
    name: 'why',
    enter: async (page) => {
      await page.keyboard.press('Shift+Y')
      await expect(page.getByTestId('ablation')).toBeVisible({ timeout: 60_000 })
    },
    leave: (page) => page.keyboard.press('Shift+Y'),
  },
  {
    name: 'attention',
    enter: async (page) => {
      await page.keyboard.press('Shift+A')
      await expect(page.getByTestId('attention-overlay')).toBeVisible({ timeout: 60_000 })
    },
    leave: async (page) => {
      await page.keyboard.press('Shift+A')
      await page.getByTestId('tab-classes').click()
    },
  },
  {
    name: 'doubt',
    enter: async (page) => void (await page.getByTestId('colour-by').selectOption('entropy')),
    leave: async (page) => void (await page.getByTestId('colour-by').selectOption('class')),
  },
  {
    name: 'brush',
    enter: async (page) => {
      await page.keyboard.press('Escape')
      await page.keyboard.press('Shift+B')
    },
    leave: (page) => page.keyboard.press('Escape'),
  },
  {
    name: 'region',
    enter: async (page) => {
      await page.keyboard.press('Shift+R')
      const box = (await page.getByTestId('stage').boundingBox())!
      for (const [x, y] of [
        [0.3, 0.3],
        [0.6, 0.35],
        [0.55, 0.7],
      ])
        await page.mouse.click(box.x + box.width * x, box.y + box.height * y)
    },
    leave: (page) => page.keyboard.press('Escape'),
  },
  {
    name: 'rule',
    enter: async (page) => {
      await page.keyboard.press('Shift+F')
      await page.getByTestId('rule').scrollIntoViewIfNeeded()
    },
    leave: async (page) => {
      await page.keyboard.press('Escape')
      await page.getByTestId('rule').locator('summary').click()
    },
  },
  {
    name: 'classEditor',
    enter: async (page) => {
      await page.getByTestId('edit-classes').click()
      await page.getByTestId('class-editor').getByRole('button').first().click()
    },
    leave: (page) => page.getByTestId('classes-done').click(),
  },
  { name: 'training', enter: (page) => page.getByTestId('tab-training').click() },
  {
    name: 'reports',
    enter: (page) => page.getByTestId('tab-reports').click(),
    leave: (page) => page.getByTestId('tab-classes').click(),
  },
  { name: 'gallery', enter: (page) => page.keyboard.press('Shift+G') },
  { name: 'strip', enter: (page) => page.keyboard.press('Shift+T') },
  {
    name: 'map',
    enter: async (page) => {
      await page.keyboard.press('Shift+M')
      const make = page.getByTestId('make-map')
      if ((await page.getByTestId('map-canvas').getAttribute('data-nuclei')) === '0') await make.click()
      await expect(page.getByTestId('map-colour-by')).toBeVisible({ timeout: 60_000 })
    },
    leave: (page) => page.keyboard.press('Shift+M'),
  },
  {
    name: 'help',
    enter: (page) => page.keyboard.press('?'),
    leave: (page) => page.keyboard.press('Escape'),
  },
  {
    name: 'chooser',
    enter: (page) => page.getByTestId('open-slide').click(),
    leave: (page) => page.keyboard.press('Escape'),
  },
  {
    name: 'german',
    enter: async (page) => void (await page.getByTestId('language').selectOption('de')),
    leave: async (page) => void (await page.getByTestId('language').selectOption('en')),
  },
]

/** Clicks until a nucleus is selected. */
async function clickNucleus(page: Page): Promise<void> {
  await atRest(page)
  const box = (await page.getByTestId('stage').boundingBox())!
  const selected = page.getByTestId('selected')
  for (let y = 0.3; y < 0.8; y += 0.03)
    for (let x = 0.3; x < 0.7; x += 0.03) {
      await page.mouse.move(box.x + box.width * x, box.y + box.height * y)
      await page.waitForTimeout(30)
      if (!(await page.getByTestId('hover').isVisible())) continue
      await page.mouse.click(box.x + box.width * x, box.y + box.height * y)
      if ((await selected.textContent())?.startsWith('1')) return
    }
  throw new Error('No nucleus could be clicked.')
}

/** Texts that are cut off by their own box without saying so, and a page that scrolls as a whole. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const isCut = (element: Element) => {
      const { overflowX, textOverflow } = getComputedStyle(element)
      // What is said to screen readers alone is one pixel large.
      const isForEyes = !element.matches('.visually-hidden')
      const hides = isForEyes && overflowX === 'hidden' && textOverflow !== 'ellipsis'
      const ownText = [...element.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent?.trim())
      return hides && ownText && element.scrollWidth > element.clientWidth + 1
    }
    const buttons = [...document.querySelectorAll('button, .bar')].filter((b) => b.scrollWidth > b.clientWidth + 1)
    const cut = [...document.querySelectorAll('body *')].filter(isCut)
    const whole = document.documentElement
    const scrolls = whole.scrollHeight > window.innerHeight || whole.scrollWidth > window.innerWidth
    return [...[...cut, ...buttons].map((e) => e.outerHTML.slice(0, 160)), ...(scrolls ? ['the page scrolls'] : [])]
  })

test('no panel, tool or state is cut off in a small window, light and dark (the long tests: and in larger ones)', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-e2e-'))
  const look = async ({ page, complaints }: Workbench) => {
    await expect(page.getByTestId('legend')).not.toContainText('Unclassified')
    await expect(page.getByTestId('total')).toHaveText(/[1-9]/)
    const cut: string[] = []
    for (const size of sizes)
      for (const theme of ['light', 'dark'] as const) {
        await page.setViewportSize(size)
        await page.evaluate((name) => (document.documentElement.dataset.theme = name), theme)
        for (const { name, enter, leave } of states) {
          await page.getByTestId('stage').hover({ position: { x: 60, y: size.height / 3 } })
          await enter(page)
          await keep(page, `${size.width}-${theme}-${name}`)
          for (const what of await cutOff(page)) cut.push(`${size.width} ${name}: ${what}`)
          await leave?.(page)
        }
      }
    expect([...new Set(cut)]).toEqual([])
    expect(complaints).toEqual([])
  }
  try {
    await atWorkbench(sizes[0], look, '--project', classifiedProject(folder))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
