import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { root } from './command.mjs'

// Takes the pictures of the demo for the documentation: node tools/build.mjs && node tools/screenshots.mjs

const folder = join(root, 'docs', 'images')
const wide = { width: 1280, height: 800 }
const phone = { width: 360, height: 740 }
const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0'
const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'

const shop = spawn(process.execPath, ['demo/server.js'], {
  cwd: root,
  env: { PATH: process.env.PATH, PORT: '0', SESSION_STORE: 'memory:', SESSION_SECRET: 'x'.repeat(32) },
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const [line] = await once(shop.stdout, 'data')
  const baseURL = /http:\/\/\S+/.exec(String(line))?.[0]
  await mkdir(folder, { recursive: true })
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  })
  await takePictures((options = {}) => openPage(browser, { baseURL, viewport: wide, ...options }))
  await browser.close()
} finally {
  shop.kill()
}

async function openPage(browser, options) {
  const context = await browser.newContext(options)
  return await context.newPage()
}

async function takePictures(open) {
  const laptop = await open({ userAgent: firefox, colorScheme: 'light' })
  await laptop.goto('/')
  await laptop.getByRole('button', { name: 'Add Night Train' }).click()
  await laptop.goto('/')
  await laptop.getByText('so its record was written').first().waitFor()
  await keep(laptop, 'shop')

  const mobile = await open({ userAgent: iphone, viewport: phone, colorScheme: 'light' })
  await signIn(mobile)
  await mobile.goto('/cart')
  const tablet = await open({ colorScheme: 'dark' })
  await signIn(tablet)
  const dark = await open({ userAgent: firefox, colorScheme: 'dark' })
  await signIn(dark)
  await dark.goto('/account')
  await dark.getByText('Nothing was written').first().waitFor()
  await keep(dark, 'devices')

  await mobile.goto('/')
  await mobile.getByRole('button', { name: 'Add Red Earth' }).click()
  await mobile.getByText('is in your cart').waitFor()
  await keep(mobile, 'phone')
}

async function signIn(page) {
  await page.goto('/sign-in')
  await page.getByLabel('Name of a customer').fill('Ada')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Welcome, Ada.').waitFor()
}

async function keep(page, name) {
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
  console.log(`docs/images/${name}.png`)
}
