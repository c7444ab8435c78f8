// These run inside the browser, each as one function with nothing around it. They are plain JavaScript, so that the
// types of a browser are not taken for those of Node anywhere else.

/** Lists what keeps a page from being understood by a screen reader, in words. */
export function accessProblems() {
  const all = selector => [...document.querySelectorAll(selector)]
  const nameOf = element => (element.getAttribute('aria-label') ?? element.textContent ?? '').trim()
  const twice = texts =>
    texts.filter((text, index) => texts.indexOf(text) !== index).map(text => `${text} twice`)
  const counts = ['header', 'main', 'footer', 'h1', 'nav[aria-label]', 'aside[aria-label]']
    .map(selector => [selector, all(`body ${selector}`).length])
    .filter(([, count]) => count !== 1)
    .map(([selector, count]) => `${count} of ${selector}`)
  const inputs = all('input:not([type="hidden"])')
  const ids = all('[id]').map(({ id }) => id)
  const references = all('[aria-labelledby], [aria-describedby]').flatMap(element =>
    `${element.getAttribute('aria-labelledby') ?? ''} ${element.getAttribute('aria-describedby') ?? ''}`
      .split(' ')
      .filter(id => id !== '' && document.getElementById(id) === null),
  )
  return [
    ...counts,
    ...(document.documentElement.lang === 'en' ? [] : ['no language']),
    ...inputs.filter(({ labels }) => labels?.length !== 1).map(({ name }) => `no label for ${name}`),
    ...all('button, a, section')
      .filter(element => nameOf(element) === '')
      .map(element => `no name for ${element.outerHTML}`),
    ...twice(
      all('button').map(button => `${nameOf(button)} ${button.getAttribute('aria-describedby') ?? ''}`),
    ),
    ...all('img:not([alt])').map(element => `no alternative for ${element.outerHTML}`),
    ...twice(ids),
    ...references.map(id => `nothing is ${id}`),
  ]
}

/** Lists texts whose contrast to what is behind them is less than WCAG's 4.5 to 1. */
export function contrastProblems() {
  const channels = colour => (colour.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = colour => {
    const [red = 0, green = 0, blue = 0] = channels(colour).map(value => {
      const share = value / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const groundOf = element => {
    if (element === null) return 'rgb(255, 255, 255)'
    const { backgroundColor } = getComputedStyle(element)
    return channels(backgroundColor)[3] === 0 ? groundOf(element.parentElement) : backgroundColor
  }
  const hasText = element =>
    [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '')
  return [...document.querySelectorAll('body *')].filter(hasText).flatMap(element => {
    const [lighter = 0, darker = 0] = [getComputedStyle(element).color, groundOf(element)]
      .map(luminance)
      .sort((one, other) => other - one)
    const ratio = (lighter + 0.05) / (darker + 0.05)
    return ratio >= 4.5 ? [] : [`${ratio.toFixed(1)} for "${element.textContent?.trim().slice(0, 40)}"`]
  })
}

/** What has the focus: its name, and whether anybody can see that it has it. */
export function focused() {
  const element = document.activeElement ?? document.body
  const { outlineStyle, outlineWidth } = getComputedStyle(element)
  const { top, left, width, height } = element.getBoundingClientRect()
  const isInside = top >= 0 && left >= 0 && top + height <= innerHeight && left + width <= innerWidth
  return {
    name: (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().replace(/\s+/g, ' '),
    isVisible: isInside && height > 0 && outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
  }
}

/** How bright the page is behind everything, from 0 to 255. */
export function brightness() {
  const [red = 0, green = 0, blue = 0] = (
    getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? []
  ).map(Number)
  return (red + green + blue) / 3
}

/** Makes every text twice as large, as a reader can, and leaves the window as it is. */
export function doubleText() {
  document.documentElement.style.fontSize = '200%'
}

/** How far the page reaches beyond the window's right edge. */
export function overflow() {
  return document.documentElement.scrollWidth - innerWidth
}
