import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** What operators watch. Labels are channels, kinds and steps: never a person, a bot or a word. */
export interface Metrics {
  registry: Registry
  countUpdates(channel: string, count: number): void
  countTurn(turn: {
    channel: string
    kind: string
    ms: number
    degraded: string[]
    /** `exact`, `semantic`, `shared` or `miss`; absent where no answer was looked for. */
    cache?: { outcome: string; savedUsd?: number } | undefined
  }): void
  countSend(send: { channel: string; outcome: string }): void
  countMail(mail: { kind: string; outcome: string }): void
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'cornerman_' })
  const registers = [registry]
  const updates = new Counter({
    name: 'cornerman_updates_total',
    help: 'Updates stored, repeats left out',
    labelNames: ['channel'],
    registers,
  })
  const turns = new Histogram({
    name: 'cornerman_turn_seconds',
    help: 'Time of a Turn from lease to commit',
    labelNames: ['channel', 'kind'],
    buckets: SECONDS,
    registers,
  })
  const degraded = new Counter({
    name: 'cornerman_degraded_total',
    help: 'Steps of the fall that answers took',
    labelNames: ['step'],
    registers,
  })
  const looked = new Counter({
    name: 'cornerman_answers_total',
    help: 'Answers by whether they were kept from before: exact, semantic, shared, miss',
    labelNames: ['cache'],
    registers,
  })
  const saved = new Counter({
    name: 'cornerman_saved_usd_total',
    help: 'What answers that were given again would have cost anew, in US dollars',
    registers,
  })
  const sends = new Counter({
    name: 'cornerman_sends_total',
    help: 'Parts by what became of them',
    labelNames: ['channel', 'outcome'],
    registers,
  })
  const mails = new Counter({
    name: 'cornerman_mails_total',
    help: 'Attempts to send a mail by what became of them',
    labelNames: ['kind', 'outcome'],
    registers,
  })
  return {
    registry,
    countUpdates: (channel, count) => updates.inc({ channel }, count),
    countTurn({ channel, kind, ms, degraded: steps, cache }) {
      turns.observe({ channel, kind }, ms / 1000)
      for (const step of steps) degraded.inc({ step })
      if (cache) looked.inc({ cache: cache.outcome })
      if (cache?.savedUsd) saved.inc(cache.savedUsd)
    },
    countSend: (labels) => sends.inc(labels),
    countMail: (labels) => mails.inc(labels),
  }
}
