import { lifetimeMs, type SceneClause } from '../scene.ts'

export const loadClauses: readonly SceneClause[] = [
  {
    name: 'load answers undefined for an unknown key',
    async prove(scene) {
      await scene.kept()
      await scene.expectNone(scene.record().key)
    },
  },
  {
    name: 'load finds a record until one millisecond before its end',
    async prove(scene) {
      const record = await scene.kept()
      await scene.advance(lifetimeMs - 1)
      await scene.expectKept(record)
    },
  },
  {
    name: 'load answers undefined from the exact millisecond at which a record expires',
    async prove(scene) {
      const { key } = await scene.kept()
      await scene.advance(lifetimeMs)
      await scene.expectNone(key)
    },
  },
  {
    name: 'a record whose end is Infinity never expires',
    async prove(scene) {
      const record = await scene.kept({ expiresAt: Number.POSITIVE_INFINITY })
      await scene.advance(100 * 365 * 86_400_000)
      await scene.expectKept(record)
    },
  },
  {
    name: 'loading a record changes nothing in it',
    async prove(scene) {
      const record = await scene.kept()
      await scene.advance(1000)
      await scene.store.load(record.key)
      await scene.expectKept(record)
    },
  },
  {
    name: 'every character of a key counts: letters of both cases, digits, - and _',
    async prove(scene) {
      const start = 'k'.repeat(42)
      const records = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].map(character =>
        scene.record({ key: `${start}${character}`, data: character }),
      )
      for (const record of records) await scene.kept(record)
      for (const record of records) await scene.expectKept(record)
    },
  },
]
