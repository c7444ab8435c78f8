/** @typedef {'leaf' | 'moon' | 'wave' | 'flower' | 'sun' | 'flame' | 'drop'} Emblem */
/** @typedef {{ shape: 'tin', colour: string, lid: string, emblem: Emblem } | { shape: 'pot' | 'cup', colour: string, lid: string }} Drawing */

/**
 * @typedef {object} Good
 * @property {string} id
 * @property {string} name
 * @property {string} kind
 * @property {string} note
 * @property {number} cents
 * @property {'sage' | 'clay' | 'sea' | 'straw'} tint of the tile behind its picture
 * @property {Drawing} drawing
 */

/** @type {readonly Good[]} */
export const goods = [
  {
    id: 'morning-platform',
    name: 'Morning Platform',
    kind: 'Sencha, 100 g',
    note: 'Grassy and bright. For the first train.',
    cents: 1150,
    tint: 'sage',
    drawing: { shape: 'tin', colour: '#4f7f5a', lid: '#3a6145', emblem: 'leaf' },
  },
  {
    id: 'night-train',
    name: 'Night Train',
    kind: 'Assam, 100 g',
    note: 'Dark, malty, takes milk.',
    cents: 980,
    tint: 'clay',
    drawing: { shape: 'tin', colour: '#7a3b35', lid: '#5b2a26', emblem: 'moon' },
  },
  {
    id: 'harbour-fog',
    name: 'Harbour Fog',
    kind: 'Earl Grey, 100 g',
    note: 'Bergamot, and a clear head.',
    cents: 1040,
    tint: 'sea',
    drawing: { shape: 'tin', colour: '#3f6286', lid: '#2d4865', emblem: 'wave' },
  },
  {
    id: 'white-courtyard',
    name: 'White Courtyard',
    kind: 'Jasmine green, 80 g',
    note: 'Scented four nights in a row.',
    cents: 1420,
    tint: 'straw',
    drawing: { shape: 'tin', colour: '#c2a14d', lid: '#99792f', emblem: 'flower' },
  },
  {
    id: 'red-earth',
    name: 'Red Earth',
    kind: 'Rooibos, 100 g',
    note: 'No caffeine. Good at any hour.',
    cents: 820,
    tint: 'clay',
    drawing: { shape: 'tin', colour: '#c0673a', lid: '#964c27', emblem: 'sun' },
  },
  {
    id: 'campfire',
    name: 'Campfire',
    kind: 'Lapsang, 80 g',
    note: 'Smoked over pine.',
    cents: 1260,
    tint: 'sea',
    drawing: { shape: 'tin', colour: '#4a4d52', lid: '#33363a', emblem: 'flame' },
  },
  {
    id: 'rain-delay',
    name: 'Rain Delay',
    kind: 'Peppermint, 60 g',
    note: 'Cool, and in no hurry.',
    cents: 760,
    tint: 'sage',
    drawing: { shape: 'tin', colour: '#3f7d7c', lid: '#2d5c5b', emblem: 'drop' },
  },
  {
    id: 'enamel-cup',
    name: 'Enamel Cup',
    kind: '300 ml',
    note: 'Survives a rucksack.',
    cents: 1400,
    tint: 'straw',
    drawing: { shape: 'cup', colour: '#f3efe4', lid: '#3f6286' },
  },
  {
    id: 'travel-pot',
    name: 'Travel Pot',
    kind: 'Stoneware, 500 ml',
    note: 'Two cups, one handle.',
    cents: 3600,
    tint: 'sea',
    drawing: { shape: 'pot', colour: '#7d9385', lid: '#5c7265' },
  },
]

const byId = new Map(goods.map(good => [good.id, good]))

/**
 * Finds a good by what a form says. Answers undefined for whatever is no id of one.
 *
 * @param {unknown} id
 */
export function findGood(id) {
  return typeof id === 'string' ? byId.get(id) : undefined
}
