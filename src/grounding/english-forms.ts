/** Endings of English words and what stands for them in a dictionary. */
const ENDINGS: ReadonlyArray<readonly [ending: string, base: string]> = [
  ['ies', 'y'],
  ['ves', 'f'],
  ['ves', 'fe'],
  ['ses', 's'],
  ['xes', 'x'],
  ['zes', 'z'],
  ['ches', 'ch'],
  ['shes', 'sh'],
  ['s', ''],
  ['ied', 'y'],
  ['ed', 'e'],
  ['ed', ''],
  ['ing', 'e'],
  ['ing', ''],
  ['iest', 'y'],
  ['est', 'e'],
  ['est', ''],
  ['ier', 'y'],
  ['er', 'e'],
  ['er', ''],
]

/** Shorter than this no ending is taken off: "his", "was", "bed". */
const MIN_BASE = 3

/** Base form, then the others. */
const IRREGULAR = new Map(
  `man:men woman:women child:children foot:feet tooth:teeth mouse:mice goose:geese ox:oxen person:people
  rise:rose,risen fall:fell,fallen win:won lose:lost begin:began,begun sell:sold buy:bought build:built break:broke,broken
  grow:grew,grown give:gave,given take:took,taken come:came go:went,gone see:saw,seen know:knew,known think:thought
  find:found lead:led leave:left keep:kept hold:held write:wrote,written speak:spoke,spoken say:said tell:told
  make:made send:sent spend:spent bring:brought teach:taught catch:caught fight:fought sleep:slept eat:ate,eaten
  drink:drank,drunk sing:sang,sung sit:sat stand:stood lie:lay,lain lay:laid draw:drew,drawn drive:drove,driven
  fly:flew,flown hide:hid,hidden choose:chose,chosen forget:forgot,forgotten get:got,gotten meet:met pay:paid
  run:ran show:shown steal:stole,stolen swim:swam,swum throw:threw,thrown wake:woke,woken wear:wore,worn
  bad:worse,worst good:better,best far:farther,further bacterium:bacteria virus:viruses fungus:fungi nucleus:nuclei
  datum:data analysis:analyses crisis:crises hypothesis:hypotheses phenomenon:phenomena criterion:criteria`
    .split(/\s+/)
    .flatMap((entry) => {
      const [base = '', forms = ''] = entry.split(':')
      return forms.split(',').map((form) => [form, base] as const)
    }),
)

/** The forms under which a folded English word may stand in a dictionary, the word itself first. */
export function baseForms(word: string): string[] {
  const irregular = IRREGULAR.get(word)
  const forms = [word, ...(irregular === undefined ? [] : [irregular])]
  for (const [ending, base] of ENDINGS) {
    if (!word.endsWith(ending)) continue
    const stem = word.slice(0, -ending.length)
    if (stem.length + base.length < MIN_BASE || (ending === 's' && stem.endsWith('s'))) continue
    forms.push(stem + base)
    // "Stopped", "bigger".
    if (base === '' && ending !== 's' && /(.)\1$/.test(stem)) forms.push(stem.slice(0, -1))
  }
  return [...new Set(forms)]
}
