import { describe, expect, it } from 'vitest'
import { createFlights, type Passenger } from './flight.ts'

/** Work that ends when it is told to. */
function openWork() {
  const done = Promise.withResolvers<{ value: string; lingers: boolean }>()
  let joint: Required<Passenger> | undefined
  let count = 0
  return {
    work: (given: Required<Passenger>) => {
      joint = given
      count += 1
      return done.promise
    },
    land: (value: string, lingers = false) => done.resolve({ value, lingers }),
    joint: () => joint,
    count: () => count,
  }
}

function passenger(changes: Partial<Passenger> = {}) {
  const [abort, stop] = [new AbortController(), new AbortController()]
  return { signal: abort.signal, stopSignal: stop.signal, ...changes, abort, stop }
}

const tick = () => new Promise((resolve) => setImmediate(resolve))

describe('createFlights', () => {
  it('does the work of fifty once, and charges it to one of them', async () => {
    const flights = createFlights<string>()
    const { work, land, count } = openWork()
    const waits = Array.from({ length: 50 }, () => flights.board('key', passenger(), work))
    await tick()
    land('the answer')

    const landed = await Promise.all(waits)

    expect(count()).toBe(1)
    expect(landed.every((one) => one.kind === 'arrived' && one.value === 'the answer')).toBe(true)
    expect(landed.filter((one) => one.kind === 'arrived' && one.isFirst)).toHaveLength(1)
  })

  it('goes on for the others when the first of them gives up, and charges one of those', async () => {
    const flights = createFlights<string>()
    const { work, land, joint } = openWork()
    const [first, second] = [passenger(), passenger()]
    const given = flights.board('key', first, work)
    const waiting = flights.board('key', second, work)
    await tick()
    first.abort.abort()

    await expect(given).rejects.toMatchObject({ code: 'model.aborted' })
    expect(joint()?.signal.aborted).toBe(false)
    land('the answer')
    expect(await waiting).toEqual({ kind: 'arrived', value: 'the answer', isFirst: true })
  })

  it('ends the work when the last has gone, and begins anew for who comes then', async () => {
    const flights = createFlights<string>()
    const [given, again] = [openWork(), openWork()]
    const one = passenger()
    const waiting = flights.board('key', one, given.work)
    await tick()
    one.abort.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'model.aborted' })

    expect(given.joint()?.signal.aborted).toBe(true)
    const next = flights.board('key', passenger(), again.work)
    await tick()
    again.land('another')
    expect(await next).toMatchObject({ value: 'another' })
  })

  it('stops the writing for its only reader, and lets one of several go', async () => {
    const flights = createFlights<string>()
    const { work, land, joint } = openWork()
    const [first, second] = [passenger(), passenger()]
    const left = flights.board('key', first, work)
    const stayed = flights.board('key', second, work)
    await tick()
    first.stop.abort()

    expect(await left).toEqual({ kind: 'left' })
    expect(joint()?.stopSignal?.aborted).toBe(false)
    second.stop.abort()
    expect(joint()?.stopSignal?.aborted).toBe(true)
    land('as far as written')
    expect(await stayed).toMatchObject({ value: 'as far as written' })
  })

  it('shows each the draft so far', async () => {
    const flights = createFlights<string>()
    const { work, land, joint } = openWork()
    const seen: string[] = []
    const first = flights.board('key', passenger(), work)
    await tick()
    joint()?.onDraft?.('the')
    const second = flights.board('key', passenger({ onDraft: (text) => void seen.push(text) }), work)
    joint()?.onDraft?.('the answer')
    land('the answer')
    await Promise.all([first, second])

    expect(seen).toEqual(['the', 'the answer'])
  })

  it('hands what lingers to those who come late, and does anything else anew', async () => {
    const flights = createFlights<string>()
    const [lingering, passing] = [openWork(), openWork()]
    lingering.land('kept', true)
    passing.land('broken')
    for (const _ of [1, 2, 3]) {
      await flights.board('kept', passenger(), lingering.work)
      await flights.board('broken', passenger(), passing.work)
    }

    expect(lingering.count()).toBe(1)
    expect(passing.count()).toBe(3)
    expect(await flights.board('kept', passenger(), lingering.work)).toMatchObject({ isFirst: false })
  })

  it('hands the failure of the work to all', async () => {
    const flights = createFlights<string>()
    const fail = () => Promise.reject(new Error('broken'))
    const waits = [flights.board('key', passenger(), fail), flights.board('key', passenger(), fail)]

    for (const wait of waits) await expect(wait).rejects.toThrow('broken')
  })
})
