import { foldText } from '../knowledge/words/terms.ts'

/** Words that writers take for one another without saying anything else; a star stands for any ending. */
const CLASSES: readonly string[] = [
  'show* demonstrat* find* found reveal* indicat* suggest* report* observ* establish* prov* confirm*',
  'zeig* ergab* ergeb* beleg* fand* beweis*',
  'muestr* demuestr* indic* revel* sugier*',
  'показ* выяв* обнаруж* свидетельств*',
  'important* essential* crucial* critical* key vital* significan*',
  'wichtig* wesentlich* entscheidend* bedeutend*',
  'important* esencial* fundamental* crucial*',
  'help* assist* support* aid*',
  'use* using employ* utiliz* utilis* appl*',
  'start* begin* began begun commenc* launch* open*',
  'make* made creat* produc* build* built construct* develop*',
  'get* got obtain* receiv* gain* acquir*',
  'call* name* known term* refer*',
  'say* said state* claim* argu* writ* wrote tell* told explain* describ* assert*',
  'illness* disease* disorder* condition*',
  'child* kid* infant*',
  'person* people individual* human*',
  'doctor* physician* clinician*',
  'need* requir*',
  'about roughly approximat* around nearly almost',
  'part* component* element* section*',
  'country countries nation* state*',
  'study studies research* investigat* experiment* trial* analy*',
]

const HOLDERS = CLASSES.map((line) => {
  const words = line.split(' ').map(foldText)
  return {
    whole: new Set(words.filter((word) => !word.endsWith('*'))),
    beginnings: words.filter((word) => word.endsWith('*')).map((word) => word.slice(0, -1)),
  }
})

/** True for two folded words of one class: the one for the other says the same. */
export function saySame(one: string, other: string): boolean {
  return HOLDERS.some(({ whole, beginnings }) =>
    [one, other].every(
      (word) => whole.has(word) || beginnings.some((beginning) => word.startsWith(beginning)),
    ),
  )
}
