import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { chromium, launch } from '../support/chromium.ts'
import { describeWith } from '../support/service.ts'
import { Person } from './browser.ts'
import { InstalledShop, type RunningShop } from './installed-shop.ts'
import { iphone } from './visitor.ts'

/** What is looked at inside the browser. */
interface PageChecks {
  readonly accessProblems: () => readonly string[]
  readonly contrastProblems: () => readonly string[]
  readonly focused: () => { readonly name: string; readonly isVisible: boolean }
  readonly brightness: () => number
  readonly doubleText: () => void
  readonly overflow: () => number
}

// A path as text, because what runs inside the browser has other types than the rest of the project.
const pageChecks: string = './page-checks.js'
const { accessProblems, brightness, contrastProblems, doubleText, focused, overflow }: PageChecks =
  await import(pageChecks)
const wide = { width: 1440, height: 900 }
const phone = { width: 360, height: 740 }

describeWith(chromium, 'the shop in a browser', program => {
  const people: Person[] = []
  const data = mkdtempSync(join(tmpdir(), 'wayside-'))
  let installed: InstalledShop
  let browser: Browser
  let shop: RunningShop

  beforeAll(async () => {
    installed = await InstalledShop.install()
    browser = await launch(program)
    shop = await openShop()
  }, 90_000)

  afterEach(async () => {
    const problems = people.flatMap(person => person.problems)
    await Promise.all(people.splice(0).map(person => person.leave()))
    expect(problems).toEqual([])
  })

  afterAll(async () => {
    await browser?.close()
    await shop?.close()
    installed?.remove()
    rmSync(data, { recursive: true, force: true })
  })

  function openShop(port = 0): Promise<RunningShop> {
    return installed.open({ SESSION_STORE: `lmdb:${join(data, 'sessions')}`, PORT: String(port) })
  }

  async function arrive(options: BrowserContextOptions = {}): Promise<Person> {
    const person = await Person.arrive(browser, shop.origin, { viewport: wide, ...options })
    people.push(person)
    return person
  }

  test('a guest fills a cart, signs in under a new id, and finds the cart again', async () => {
    const ada = await arrive()
    await ada.page.goto('/')
    await ada.see('first')
    const guest = await ada.cookie()
    await ada.press('Add Night Train to the cart')
    await ada.see('Night Train is in your cart.')
    await ada.page.getByRole('link', { name: 'Sign in to order' }).click()
    await ada.page.getByLabel('Name of a customer').fill('Ada')
    await ada.press('Sign in')
    await ada.see('Welcome, Ada.')
    await ada.see('A new session, with a new id, took the place of the old one.')
    expect(await ada.page.getByRole('list', { name: 'In the cart' }).innerText()).toContain('Night Train')
    expect((await ada.cookie())?.value).not.toBe(guest?.value)
    await ada.press('Place the order')
    await ada.see('Thank you.')
  }, 60_000)

  test('the cookie is out of reach of scripts and other sites, and goes when the browser is closed', async () => {
    const ada = await arrive()
    await ada.page.goto('/')
    // Not `secure`, because this shop is not on https: the middleware says so where it is.
    const flags = { httpOnly: true, sameSite: 'Lax', secure: false, expires: -1 }
    expect(await ada.cookie()).toMatchObject({ domain: 'localhost', path: '/', ...flags })
    expect(await ada.page.evaluate('document.cookie')).toBe('')
  }, 60_000)

  test('two browsers: who is ended by the other is told at once, and again on the next page', async () => {
    const [laptop, mobile] = [await arrive(), await arrive({ userAgent: iphone, viewport: phone })]
    await laptop.signIn('Grace')
    await mobile.signIn('Grace')
    await mobile.press('End the session of Chrome on Linux')
    await mobile.see('That session is over.')
    await laptop.see('Your session was just ended, here or on another device.')
    await laptop.page.getByRole('link', { name: 'Go on' }).click()
    await laptop.see('Your session was ended, here or on another device. You are not signed in any more.')
    await laptop.page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
    await mobile.page.reload()
    expect(await mobile.page.getByRole('list', { name: 'Devices' }).innerText()).toMatch(
      /^Safari on iPhone\s*This device/,
    )
  }, 60_000)

  test('a sign-out leaves the browser without the cookie', async () => {
    const ada = await arrive()
    await ada.signIn('Ada')
    await ada.press('Sign out')
    await ada.page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    await ada.see('The store was not asked at all.')
    expect(await ada.cookie()).toBeUndefined()
  }, 60_000)

  test('the times run, and the panel is completed when the page has left', async () => {
    const ada = await arrive()
    await ada.page.goto('/')
    await ada.see('A session began: one new record.')
    const idle = ada.page.getByRole('timer', { name: 'Ends if you rest for' })
    const before = await idle.innerText()
    expect(before).toMatch(/^5:\d\d$/)
    await expect.poll(() => idle.innerText(), { timeout: 20_000 }).not.toBe(before)
    await expect
      .poll(() => ada.page.locator('#poll').innerText(), { timeout: 20_000 })
      .toContain('Nothing was written.')
  }, 60_000)

  test('everything works without a script', async () => {
    const options = { javaScriptEnabled: false }
    const [ada, other] = [await arrive(options), await arrive(options)]
    await ada.page.goto('/')
    expect(await ada.page.getByRole('timer').allInnerTexts()).toEqual(['5:00', '1:00:00'])
    await ada.page.getByRole('link', { name: 'How it ended' }).click()
    await ada.see('A session began: one new record.')
    await ada.page.goBack()
    await ada.press('Add Campfire to the cart')
    await ada.page.getByLabel('How many of Campfire', { exact: true }).fill('2')
    await ada.press('Change how many of Campfire')
    await ada.see('€25.20')
    await ada.signIn('Edsger')
    await other.signIn('Edsger')
    await other.press('End the other session')
    await other.see('One other session is over.')
    await ada.page.reload()
    await ada.see('Your session was ended')
    await other.press('Sign out')
    await other.see('You are signed out')
  }, 60_000)

  test('a restart of the server signs nobody out', async () => {
    const ada = await arrive()
    await ada.page.goto('/')
    await ada.press('Add Travel Pot to the cart')
    await ada.see('Travel Pot is in your cart.')
    await ada.signIn('Barbara')
    const cookie = await ada.cookie()
    // Away from the shop, or its poll would find nobody there.
    await ada.page.goto('about:blank')
    expect(await shop.close()).toMatchObject({ code: 0 })
    shop = await openShop(shop.port)
    await ada.page.goto('/account')
    await ada.see('Where you are signed in')
    await ada.page.goto('/cart')
    await ada.see('Travel Pot')
    expect((await ada.cookie())?.value).toBe(cookie?.value)
  }, 60_000)

  test.each([
    [phone, 'light'],
    [phone, 'dark'],
    [wide, 'light'],
    [wide, 'dark'],
  ] as const)(
    'every page fits, can be read, and is understood: %j, %s',
    async (viewport, colorScheme) => {
      const [ada, other, third] = [await arrive({ viewport, colorScheme }), await arrive(), await arrive()]
      // The longest name there may be, without a place to break it.
      const name = 'Wolfeschlegelsteinhausenbergerdorffsenio'
      await other.signIn(name)
      await third.signIn(name)
      await ada.page.goto('/')
      await ada.press('Add White Courtyard to the cart')
      await ada.see('White Courtyard is in your cart.')
      await check(ada, colorScheme)
      await ada.page.goto('/sign-in')
      await check(ada, colorScheme)
      await ada.signIn(name)
      for (const path of ['/', '/cart', '/account']) {
        await ada.page.goto(path)
        await check(ada, colorScheme)
      }
      await ada.press('Sign out')
      await ada.see('How you signed out')
      await check(ada, colorScheme)
    },
    60_000,
  )

  async function check({ page }: Person, colorScheme: 'light' | 'dark'): Promise<void> {
    // A text can be there before the stylesheet is.
    await page.waitForLoadState('load')
    const seen = {
      overflow: await page.evaluate(overflow),
      access: await page.evaluate(accessProblems),
      contrast: await page.evaluate(contrastProblems),
      scheme: (await page.evaluate(brightness)) > 127 ? 'light' : 'dark',
    }
    expect([page.url(), seen]).toEqual([
      page.url(),
      { overflow: 0, access: [], contrast: [], scheme: colorScheme },
    ])
  }

  test('a text twice as large fits on the smallest phone, and nothing hidden comes into view', async () => {
    const ada = await arrive({ viewport: { width: 320, height: 700 } })
    for (const path of ['/goodbye', '/', '/cart', '/sign-in']) {
      await ada.page.goto(path)
      await ada.page.evaluate(doubleText)
      const skip = await ada.page.getByRole('link', { name: 'Skip to the content' }).boundingBox()
      expect([path, await ada.page.evaluate(overflow)]).toEqual([path, 0])
      expect((skip?.y ?? 0) + (skip?.height ?? 0)).toBeLessThanOrEqual(0)
    }
  }, 60_000)

  test('the keyboard reaches everything, and shows where it is', async () => {
    const ada = await arrive()
    await ada.page.goto('/')
    const walk: string[] = []
    while (walk.at(-1) !== 'Add Travel Pot to the cart' && walk.length < 30) {
      await ada.page.keyboard.press('Tab')
      const { name, isVisible } = await ada.page.evaluate(focused)
      expect([name, isVisible]).toEqual([name, true])
      walk.push(name)
    }
    expect(walk.slice(0, 6)).toEqual([
      'Skip to the content',
      'Wayside Tea',
      'Shelf',
      'Cart 0 things',
      'Sign in',
      'Add Morning Platform to the cart',
    ])
    expect(walk).toHaveLength(14)
    await ada.page.keyboard.press('Enter')
    await ada.see('Travel Pot is in your cart.')
  }, 60_000)

  test('the first link leads past the navigation', async () => {
    const ada = await arrive()
    await ada.page.goto('/')
    await ada.page.keyboard.press('Tab')
    await ada.page.keyboard.press('Enter')
    await ada.page.keyboard.press('Tab')
    expect(await ada.page.evaluate(focused)).toEqual({
      name: 'Add Morning Platform to the cart',
      isVisible: true,
    })
  }, 60_000)
})
