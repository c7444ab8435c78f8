import { html } from './html.js'

/** @typedef {import('../goods.js').Drawing} Drawing */
/** @typedef {import('../goods.js').Emblem} Emblem */

const paper = '#f6f0df'

/** @type {Readonly<Record<Emblem, unknown>>} */
const emblems = {
  leaf: html`<path d="M100 92c22 10 24 38 0 52-24-14-22-42 0-52z"/><path d="M100 104v46" stroke="${paper}" stroke-width="3"/>`,
  moon: html`<path d="M108 94a27 27 0 1 0 15 40 22 22 0 0 1-15-40z"/><circle cx="119" cy="103" r="3"/>`,
  wave: html`<path d="M72 110c9-10 19-10 28 0s19 10 28 0M72 126c9-10 19-10 28 0s19 10 28 0M72 142c9-10 19-10 28 0s19 10 28 0" fill="none" stroke="currentColor" stroke-width="6" stroke-linecap="round"/>`,
  flower: html`<circle cx="100" cy="104" r="10"/><circle cx="117" cy="117" r="10"/><circle cx="111" cy="137" r="10"/><circle cx="89" cy="137" r="10"/><circle cx="83" cy="117" r="10"/><circle cx="100" cy="122" r="8" fill="${paper}"/>`,
  sun: html`<path d="M78 134a22 22 0 0 1 44 0z"/><path d="M68 144h64M100 96v8M72 108l6 6M128 108l-6 6" stroke="currentColor" stroke-width="5" stroke-linecap="round"/>`,
  flame: html`<path d="M102 90c4 16 24 24 20 44-3 12-12 18-22 18s-21-8-21-20c0-12 9-16 9-28 6 4 8 8 9 13 5-7 7-15 5-27z"/><path d="M100 128c6 6 8 10 6 15-2 4-10 4-12 0-2-5 2-9 6-15z" fill="${paper}"/>`,
  drop: html`<path d="M100 92c14 20 22 28 22 38a22 22 0 0 1-44 0c0-10 8-18 22-38z"/><path d="M90 130a10 10 0 0 0 10 10" fill="none" stroke="${paper}" stroke-width="4" stroke-linecap="round"/>`,
}

/**
 * Draws a good. The picture stands beside its name, so that it needs no words of its own.
 *
 * @param {Drawing} drawing
 */
export function picture(drawing) {
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200"><ellipse cx="100" cy="180" rx="62" ry="7" fill="#000" opacity=".14"/>${contents(drawing)}</svg>`.toString()
}

/** @param {Drawing} drawing */
function contents(drawing) {
  if (drawing.shape === 'tin') return tin(drawing)
  return drawing.shape === 'cup' ? cup(drawing) : pot(drawing)
}

/** @param {Drawing & { shape: 'tin' }} drawing */
function tin({ colour, lid, emblem }) {
  return html`<rect x="50" y="48" width="100" height="132" rx="9" fill="${colour}"/>
  <rect x="46" y="28" width="108" height="30" rx="7" fill="${lid}"/>
  <rect x="54" y="34" width="92" height="4" rx="2" fill="#fff" opacity=".2"/>
  <rect x="62" y="78" width="76" height="86" rx="5" fill="${paper}"/>
  <g fill="${colour}" color="${colour}">${emblems[emblem]}</g>
  <rect x="54" y="60" width="7" height="114" rx="3" fill="#fff" opacity=".16"/>`
}

/** @param {Drawing} drawing */
function cup({ colour, lid }) {
  return html`<path d="M134 92c34-6 36 54-4 52" fill="none" stroke="${lid}" stroke-width="11"/>
  <path d="M48 72h92l-7 96a12 12 0 0 1-12 11H67a12 12 0 0 1-12-11z" fill="${colour}"/>
  <path d="M128 72h12l-7 96a12 12 0 0 1-12 11h-12c8-2 12-6 12-11z" fill="#000" opacity=".09"/>
  <rect x="44" y="66" width="100" height="11" rx="5" fill="${lid}"/>
  <path d="M78 52c-8-10 8-14 0-26M104 52c-8-10 8-14 0-26" fill="none" stroke="${lid}" stroke-width="4" stroke-linecap="round" opacity=".45"/>`
}

/** @param {Drawing} drawing */
function pot({ colour, lid }) {
  return html`<path d="M48 128c-26-2-30-28-40-34 22-6 34 6 46 12" fill="${lid}"/>
  <path d="M56 78c4-52 88-52 92 0" fill="none" stroke="${lid}" stroke-width="9"/>
  <path d="M102 76c44 0 66 28 66 58 0 26-16 45-36 45H72c-20 0-36-19-36-45 0-30 22-58 66-58z" fill="${colour}"/>
  <path d="M66 84c10-14 62-14 72 0-10 8-62 8-72 0z" fill="${lid}"/>
  <circle cx="102" cy="69" r="8" fill="${lid}"/>
  <path d="M52 130c0-16 6-28 16-36" fill="none" stroke="#fff" stroke-width="6" stroke-linecap="round" opacity=".25"/>`
}
