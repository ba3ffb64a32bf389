import { describe, expect, it } from 'vitest'
import { chooseSources } from '../answering/writing/prompt.ts'
import { buildPassage } from '../testing/builders/passage.ts'
import { createClaimCheck } from './claim-support.ts'

const BLOCK = `One focus block is 38 minutes of work and 7 minutes of break, 45 minutes in total.
Four focus blocks are the ceiling, not the target. Beginners start with one block a day for ten days.
After the second block take a long break of 25 minutes, best outdoors.
A phone on the table is not enough: it must be in another room.
Nell Varga founded the school in Porto in 2011, and Tomas Lind joined her in 2014.
Some people may feel tired in the first week; most of them sleep better after it.`

const SCHLAF = `Die Landung am Abend beginnt 75 Minuten vor dem Lichtausmachen.
Aufgestanden wird jeden Tag zur gleichen Zeit, mit höchstens 30 Minuten Abweichung.
Das Handy schläft nicht im Schlafzimmer, sondern in einem Schuhkarton im Flur.`

function isProven(text: string, claim: string, language: string, question = ''): boolean {
  const sources = chooseSources([buildPassage({ id: 'a', text, document: 'Guide' })])
  const check = createClaimCheck(sources, { question, language, isForeign: () => false })
  return sources[0] !== undefined && check.prove(claim, sources[0]) !== undefined
}

describe('createClaimCheck', () => {
  it.each([
    'A focus block has 38 minutes of work and 7 minutes of break.',
    'Each focus block takes 45 minutes in total, 7 of them break.',
    'As a beginner you start with one block a day, for 10 days.',
    'Take a long break of 25 minutes after the second block, outdoors if you can.',
    'Your phone must be in another room; on the table is not enough.',
    'The school was founded in Porto by Nell Varga in 2011.',
    'Some people may feel tired in the first week.',
    'Four blocks are the ceiling and not the target.',
  ])('keeps what the passage says in other words: %s', (claim) => {
    expect(isProven(BLOCK, claim, 'en')).toBe(true)
  })

  it.each([
    ['a foreign number', 'A focus block has 48 minutes of work and 7 minutes of break.'],
    [
      'a number of another sentence',
      'After the second block take a long break of 45 minutes, best outdoors.',
    ],
    ['another unit', 'One focus block is 38 hours of work and 7 minutes of break.'],
    ['a foreign name', 'Nell Brandt founded the school in Porto in 2011.'],
    ['names exchanged', 'Tomas Lind founded the school in Porto in 2011, and Nell Varga joined her in 2014.'],
    ['a denial', 'Beginners do not start with one block a day for ten days.'],
    ['a denial less', 'A phone on the table is enough: it must be in another room.'],
    ['another order', 'Before the second block take a long break of 25 minutes, best outdoors.'],
    ['another amount', 'All people may feel tired in the first week.'],
    ['another duty', 'Some people must feel tired in the first week.'],
    ['the opposite', 'Most of them sleep worse after it, people tired in the first week.'],
    ['an addition', 'Take a long break after the second block, and eat chocolate with hazelnuts.'],
    ['an addition with a price', 'A long break of 25 minutes after the second block costs 20 euro.'],
    ['something else', 'Coffee keeps the blood vessels of the brain narrow.'],
  ])('does not take %s for proven', (_, claim) => {
    expect(isProven(BLOCK, claim, 'en')).toBe(false)
  })

  it.each([
    ['Die Landung beginnt 75 Minuten vor dem Lichtausmachen.', true],
    ['Steh jeden Tag zur gleichen Zeit auf, höchstens 30 Minuten Abweichung.', true],
    ['Die Landung beginnt 75 Minuten nach dem Lichtausmachen.', false],
    ['Die Landung am Abend beginnt 70 Minuten vor dem Lichtausmachen.', false],
    ['Das Handy schläft im Schlafzimmer.', false],
  ])('tells German claims apart: %s', (claim, is) => {
    expect(isProven(SCHLAF, claim, 'de')).toBe(is)
  })

  it.each([
    ['a word of another sentence', 'After the second block take a long phone of 25 minutes, best outdoors.'],
    ['who came later', 'Tomas Lind founded the school in Porto in 2011.'],
    ['the year of the next part', 'Nell Varga founded the school in Porto in 2014.'],
    ['a denial around it', 'It is not true that beginners start with one block a day for ten days.'],
    ['a myth', 'It is a myth that beginners start with one block a day for ten days.'],
  ])('does not take for proven %s', (_, claim) => {
    expect(isProven(BLOCK, claim, 'en')).toBe(false)
  })

  it('tells a word from the one that its beginning turns round', () => {
    const text = 'The ritual is known to be effective for most people in the first month.'

    expect(isProven(text, 'The ritual is known to be effective in the first month.', 'en')).toBe(true)
    expect(isProven(text, 'The ritual is known to be ineffective in the first month.', 'en')).toBe(false)
  })

  it.each([
    ['names of a list in another order', 'The course was held in Rome, Porto and Oslo in 2015.', true],
    ['the passive', 'Marta Reis was asked by Nell Varga to lead the course.', true],
    ['two names exchanged', 'Marta Reis asked Nell Varga to lead the course.', false],
    [
      'a name that its part explains',
      'Ana Costa, the first runner of the club, won the race in Lisbon.',
      true,
    ],
    ['a name of another part', 'Marta Reis, the first runner of the club, won the race in Lisbon.', false],
  ])('reads %s', (_, claim, is) => {
    const text = `The course was held in Oslo, Porto and Rome in 2015. Nell Varga asked Marta Reis to lead the course.
Later Ana Costa, the first runner of the club, won the race in Lisbon.`

    expect(isProven(text, claim, 'en')).toBe(is)
  })

  it.each([
    ['zh', '番茄钟不能超过四个，否则注意力会下降。', '番茄钟能超过四个，否则注意力会下降。'],
    ['th', 'โทรศัพท์ไม่ควรอยู่ในห้องนอน', 'โทรศัพท์ควรอยู่ในห้องนอน'],
    ['hi', 'फोन सोने के कमरे में नहीं रखा जाता है।', 'फोन सोने के कमरे में रखा जाता है।'],
    [
      'tr',
      'Telefon yatak odasında asla durmaz ve sessizdir.',
      'Telefon yatak odasında durmaz ve sessizdir değil.',
    ],
  ])('notices a denial that was taken away (%s)', (language, text, claim) => {
    expect(isProven(text, text, language)).toBe(true)
    expect(isProven(text, claim, language)).toBe(false)
  })

  it('does not let what is asked of one sentence be answered by another', () => {
    const question = 'Who joined the school in 2014?'

    expect(isProven(BLOCK, 'Tomas Lind joined the school in 2014.', 'en', question)).toBe(true)
    expect(isProven(BLOCK, 'Beginners joined the school in 2014.', 'en', question)).toBe(false)
  })

  it.each([
    ['a general word', 'The animal sleeps in the kitchen near the oven.', true],
    ['a word that says the same', 'Anna purchased the house in the old town from her uncle.', true],
    ['the opposite, in no list of ours', 'The family has a rural garden with temporary walls.', false],
    ['another of its kind', 'Anna learned the violin with a patient teacher for two winters.', false],
    ['a word that has nothing to do with it', 'The dog sleeps in the kitchen near the theory.', false],
    [
      'a foreign part with one word of meaning',
      'The dog sleeps in the kitchen, as doctors recommend.',
      false,
    ],
  ])('understands English words: %s', (_, claim, is) => {
    const text = `The dog sleeps in the kitchen near the oven. Anna bought the house in the old town from her uncle.
The family has an urban garden with permanent walls. Anna learned the piano with a patient teacher for two winters.`

    expect(isProven(text, claim, 'en')).toBe(is)
  })

  it('does not put parts of two names together', () => {
    const text = 'The paper was written by Raymond Bradley and Malcolm Hughes in the spring of 1999.'

    expect(isProven(text, 'In 1999 the paper was written by Raymond Bradley and Malcolm Hughes.', 'en')).toBe(
      true,
    )
    expect(isProven(text, 'In 1999 the paper was written by Raymond Hughes and Malcolm Bradley.', 'en')).toBe(
      false,
    )
  })

  it('does not let words of the question change places', () => {
    const text =
      'The Falcons played in Oslo. In the final they beat the Herons by two goals after extra time.'
    const question = 'By how many goals did the Falcons beat the Herons in the final?'

    expect(isProven(text, 'The Falcons beat the Herons in the final by two goals.', 'en', question)).toBe(
      true,
    )
    expect(isProven(text, 'The Herons beat the Falcons in the final by two goals.', 'en', question)).toBe(
      false,
    )
  })

  it('reads a number within Chinese as it stands', () => {
    const text = '哈佛大学2019届的录取率为 5.3%，创历史新低。'

    expect(isProven(text, '2019届的录取率是5.3%。', 'zh', '2019届的录取率是多少?')).toBe(true)
    expect(isProven(text, '2019届的录取率是5.8%。', 'zh', '2019届的录取率是多少?')).toBe(false)
  })

  it('does not let a claim turn the question around', () => {
    const question = 'How many minutes is a break after the second block?'
    const turned = 'A break before the second block is 25 minutes.'

    expect(isProven(BLOCK, turned, 'en', question)).toBe(false)
  })
})
