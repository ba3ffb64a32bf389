import { foldText } from '../knowledge/words/terms.ts'

/*
 * Words that turn what a sentence says into something else when they are exchanged: a claim that is word for word its
 * source but for one of these says another thing. Each line is a class, its groups parted by `|`; two groups of a
 * class exclude each other. A star stands for any ending. Languages share the lines: a claim and its source are of
 * one language, and a word that means something else in another one meets no partner there.
 */
const CLASSES: readonly string[] = [
  // How much and which way.
  `increas* rais* rise* rising rose grow* grew gain* upregulat* elevat* enhanc* more higher mehr hoher* erhoh* steig* stieg* zunahm* zunehm* wachs* mas mayor* aument* crec* plus augment* hausse mais maior* aumenta* piu maggior* больше более выше увелич* рост* повыш* daha artt* artir* fazla ज्यादा अधिक ازداد* زياد* اكثر 增加 提高 上升 更多 เพิ่ม* มากกว่า |
   decreas* reduc* declin* drop* fall* fell lower* less fewer shrink* downregulat* diminish* weniger niedrig* sink* sank* senk* verringer* abnahm* abnehm* reduzier* menos menor* dismin* reduj* descen* moins baisse* diminu* meno minor* riduc* меньше менее ниже уменьш* сниж* паден* azal* कम घट* انخفض* اقل 减少 降低 下降 更少 ลด* น้อยกว่า`,
  `high hohe* hoch alto* alta* haut* eleve* высок* yuksek* | low niedrig* bajo* baja* baixo* baixa* bas basse* низк* dusuk*`,
  `large larg* big great* major gross* grand* mayor grande* больш* крупн* buyuk* 最大 大 | small* minor little tiny klein* pequen* petit* piccol* маленьк* неболь* kucuk* 最小 小`,
  `long* lang* largo* larga* lung* долг* длин* uzun | short* kurz* corto* corta* court* breve* коротк* kisa`,
  `atleast mindestens minimum minimal* minimo | atmost hochstens maximum maximal* maximo`,
  `above over uber* oben sobre encima | below under unter* unten debajo bajo`,
  `up aufwarts arriba | down abwarts abajo`,
  `strong* stark* fuerte* fort* сильн* | weak* schwach* debil* faibl* слаб*`,
  `fast* quick* rapid* schnell* rapid* быстр* | slow* langsam* lent* медлен*`,
  `heav* schwer* pesad* | light* leicht* liger*`,
  // When.
  `before vor bevor vorher antes avant prima до перед 之前 以前 قبل पहले ก่อน | after nach nachdem nachher danach despues apres dopo после sonra 之后 以后 بعد बाद หลัง* | during wahrend durante pendant`,
  `early earlier fruh* temprano tot ранн* раньше | late later spat* tard* поздн* позже`,
  `first initial* erst* primer* premier* prim* первы* перва* ilk 第一 أول اول पहला* แรก | last final* letzt* ultim* dernier* последн* son 最后 آخر अंतिम สุดท้าย | second* zweit* segund* deuxieme* втор* ikinci 第二 | third* dritt* tercer* troisieme* трет* ucuncu 第三`,
  `begin* began begun start* beginn* begann* anfang* empez* empiez* comenz* comienz* inici* commenc* начал* начин* | end ends ended ending stop* finish* ceas* ende* endet* aufhor* termin* acab* fin* конч* законч* прекра*`,
  `new newer newest neu* nuev* nouve* novo* nova* nuov* нов* yeni 新 | old older oldest alt alte* viej* antig* ancien* velho* vecchi* стар* eski 旧`,
  `until bis hasta jusqu* | since from seit ab desde depuis`,
  `morning* morgen* manana matin* утр* sabah 早上 | evening* abend* noche soir* вечер* aksam 晚上 | noon midday mittag* mediodia midi | night* nacht* nuit* ноч* gece | afternoon* nachmittag* tarde`,
  `monday* montag* lunes lundi понедельник* | tuesday* dienstag* martes mardi вторник* | wednesday* mittwoch* miercoles mercredi сред* | thursday* donnerstag* jueves jeudi четверг* | friday* freitag* viernes vendredi пятниц* | saturday* samstag* sabado samedi суббот* | sunday* sonntag* domingo dimanche воскресен*`,
  `january januar enero janvier janeiro gennaio январ* | february februar febrero fevrier fevereiro febbraio феврал* | march marz marzo mars marco март* | april abril avril aprile апрел* | june juni junio juin junho giugno июн* | july juli julio juillet julho luglio июл* | august agosto aout август* | september septiembre septembre setembro settembre сентябр* | october oktober octubre octobre outubro ottobre октябр* | november noviembre novembre novembro ноябр* | december dezember diciembre decembre dezembro dicembre декабр*`,
  // Measures.
  `second seconds sec sekunde* segundo* seconde* секунд* saniye* | minute* min minuto* минут* dakika* | hour* stunde* hora* heure* час часа часов saat* | day days daily tag tage tagen dia dias jour* день дня дней gun | week* woche* semana* semaine* недел* hafta* | month* monat* mes meses mois месяц* ay | year* annual* jahr* ano anos annee* ans год* лет yil* | decade* jahrzehnt* decada* | centur* jahrhundert* siglo* siecle* век*`,
  `kg kilogram* kilo* | gram* | pound* lb lbs | ton tons tonne* | mg milligram*`,
  `euro* eur | dollar* usd | pfund | franken | peso* | rupee* | yen`,
  `metre* meter* metro* metr* | kilomet* km | mile mile* | feet foot | inch* | centimet* cm | millimet* mm`,
  `thousand* tausend* mil тысяч* | million* milion* millon* миллион* | billion* milliard* миллиард*`,
  `percent prozent porcent* porciento процент* | degree* grad grados градус*`,
  // How many and how surely.
  `all every each always entire* whole alle allen aller alles jed* immer todo todos toda todas siempre tous toutes toujours tutti tutte sempre sempre все всегда кажд* tum her hep 所有 总是 كل جميع دائما सभी हमेशा ทุก ทั้งหมด |
   some several sometimes occasional* certain einige* manche* manchmal algun* quelque* certain* parfois alcun* talvolta некотор* иногда bazi bazen 一些 有时 بعض कुछ บาง |
   many much often most mostly usually frequent* viele* oft meist* mucho* mucha* menudo mayor* beaucoup souvent plupart molt* spesso многи* часто большинств* cogu* genellikle 许多 大多数 经常 كثير* معظم कई अधिकांश หลาย |
   few rare* seldom hardly wenig* selten poco* poca* rara* peu rarement poch* raramente немног* редко nadir* az |
   no none nobody never kein* niemals nie ningun* nunca jamas aucun* jamais nessun* mai никак* никогда hicbir asla 从不`,
  `must need* require* muss* mussen musste* debe* deben doit doivent deve* devono moet* должн* надо нужно zorunda* gerek* 必须 يجب चाहिए ต้อง should soll* devrait* deberi* следует | may might can could kann konn* puede* podr* podri* peut peuvent pourr* puo possono pode* podem kan kunnen может могут можно ebilir* 可以 可能 يمكن सकत* อาจ | optional* neednot`,
  // Yes and no, in one word.
  `allow* permit* erlaub* permit* autoris* разреш* | forbid* forbad* prohibit* ban banned verboten verbiet* prohib* interdi* запре*`,
  `accept* annehm* angenomm* acept* | reject* refus* declin* ablehn* abgelehn* rechaz*`,
  `positiv* | negativ*`,
  `good better best gut* besser* beste* buen* mejor* bon bonne* meilleur* хорош* лучш* iyi 好 | bad worse worst schlecht* schlimm* mal malo* peor* mauvais* pire* плох* хуж* kotu 坏`,
  `win wins won winning gewinn* gewann* gano ganar* gagn* выигр* | lose* lost losing loss* verlier* verlor* perd* проигр*`,
  `cause* induc* promot* verursach* caus* provoq* вызыва* | prevent* inhibit* block* suppress* verhinder* evit* prevenir preven* empech* предотвращ*`,
  `open opens opened offen* geoffn* abiert* ouvert* откры* | close* closed shut geschloss* cerrad* ferme* закры*`,
  `include* including includ* enthalt* incluy* | exclud* excluy*`,
  `with mit con avec с | without ohne sin sans senza sem без`,
  `acute akut* agud* | chronic* chronisch* cronic*`,
  `common* haufig* comun* | rare* uncommon* selten*`,
  `easy easier easiest leicht* facil* | hard* difficult* schwierig* dificil* difficil*`,
  `rich* reich* rico* | poor* arm arme armen pobre*`,
  `public* offentlich* | private* privat*`,
  `inside within innen dentro | outside aussen draussen fuera`,
  `male men man mann manner hombre* homme* мужч* | female women woman frau* mujer* femme* женщ*`,
  `north* nord* norte* север* kuzey* 北部 北方 شمال* उत्तर* เหนือ | south* sud* sur юг южн* guney* 南部 南方 جنوب* दक्षिण* ใต้ | east* ost* este oriental* est восто* dogu* 东部 东方 شرق* पूर्व* | west* oeste occidental* ouest запад* bati* 西部 西方 غرب* पश्चिम*`,
  `left link* izquierd* gauche лев* | right recht* derech* droite прав*`,
  `same gleich* mismo* misma* meme* | different* verschied* diferent*`,
  `dominant* | recessiv*`,
  `activat* aktivier* activ* | deactivat* inactivat* inhibit*`,
  `buy* bought kauf* compr* | sell* sold verkauf* vend*`,
  `support* | oppos*`,
  `true wahr* | false falsch*`,
  `warm* hot heiss* calient* chaud* | cold cool* kalt* frio* froid*`,
  `wet nass* | dry* trocken*`,
  `full* voll* llen* | empty leer* vaci*`,
  `sleep* schlaf* dorm* | awake wach* despiert*`,
]

/** A class of {@link CLASSES} and the group within it. */
export interface Opposite {
  of: number
  group: number
}

const WHOLE = new Map<string, Opposite[]>()
const BEGINNINGS = new Map<string, { beginning: string; opposite: Opposite }[]>()
/** Beginnings are kept under their first letters; none is shorter. */
const KEY_LETTERS = 2

for (const [of, line] of CLASSES.entries()) {
  for (const [group, words] of line.split('|').entries()) {
    for (const word of words.trim().split(/\s+/)) {
      const folded = foldText(word)
      const opposite = { of, group }
      if (!folded.endsWith('*')) WHOLE.set(folded, [...(WHOLE.get(folded) ?? []), opposite])
      else {
        const beginning = folded.slice(0, -1)
        const key = beginning.slice(0, KEY_LETTERS)
        BEGINNINGS.set(key, [...(BEGINNINGS.get(key) ?? []), { beginning, opposite }])
      }
    }
  }
}

/** The classes a folded word belongs to, each once: as a whole word, else by how it begins. */
export function oppositesOf(word: string): Opposite[] {
  const whole = WHOLE.get(word)
  if (whole) return whole
  const found = (BEGINNINGS.get(word.slice(0, KEY_LETTERS)) ?? []).filter(({ beginning }) =>
    word.startsWith(beginning),
  )
  return found.map(({ opposite }) => opposite)
}

const NEGATIONS: ReadonlySet<string> = new Set(
  `not no never none nobody nothing neither nor cannot without t nt dont doesnt didnt isnt arent wasnt werent cant wont
  nicht kein keine keinen keinem keiner keines nie niemals nichts ohne niemand weder
  no nunca jamas nada nadie ningun ninguno ninguna sin tampoco
  ne pas jamais aucun aucune sans rien ni nao nunca nem sem nenhum nenhuma non mai senza nessun nessuna nessuno
  niet geen nooit zonder niets не нет ни никогда без нельзя degil yok asla hicbir
  wrong untrue false incorrect mistaken myth misconception falsch unwahr irrtum mythos falso falsa mito incorrecto erroneo
  faux fausse ложно неверно неправда неправильно миф yanlis गलत خطا خاطئ خرافه
  لا لم لن ليس ليست غير بدون دون नहीं न मत बिना`
    .split(/\s+/)
    .map(foldText),
)

/** Denials in scripts without spaces, where they are no words of their own. */
const UNSPACED_NEGATION =
  /不(?![断仅但过久])|[没沒](?!收)|[無无]|未(?![来來])|非(?![常洲])|(?<![特区區级級性分类類个個识差告])别|ない|ません|ไม่|มิ(?=ได้)|ไร้/gu

/** In "not only", "not just" nothing is denied. */
const NO_DENIAL = /\b(?:not|nicht|no) (?:only|just|merely|nur|solo)\b|\bno (?:doubt|matter|sooner)\b/giu

export function isNegation(word: string): boolean {
  return NEGATIONS.has(word)
}

/** Where a text of a script without spaces denies something. */
export function unspacedNegations(text: string): number[] {
  return Array.from(text.matchAll(UNSPACED_NEGATION), ({ index }) => index)
}

/** Writes out what stands in signs, and as one word what is said in two. */
export function spellOut(text: string): string {
  return text
    .replace(/(\d)\s?%/g, '$1 percent ')
    .replace(/€/g, ' euro ')
    .replace(/\$(?=\s?\d)/g, ' dollar ')
    .replace(/£/g, ' pound ')
    .replace(/\bat least\b|\bno less than\b|\bal menos\b|\bau moins\b/giu, ' atleast ')
    .replace(
      /\bat (?:the )?most\b|\bno more than\b|\bup to\b|\ba lo sumo\b|\bcomo máximo\b|\bau plus\b/giu,
      ' atmost ',
    )
    .replace(
      /\b(?:need not|needn['’]t|(?:do|does) not (?:need|have) to|don['’]t (?:need|have) to)\b/giu,
      ' not neednot ',
    )
    .replace(/\ba (?:number|couple|variety|lot) of\b/giu, ' several ')
    .replace(NO_DENIAL, ' ')
}

/** Numbers that are also written as words; "one" is mostly no number. */
const NUMBER_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    2: 'two zwei dos deux dois duas due twee два две',
    3: 'three drei tres trois tre drie три',
    4: 'four vier cuatro quatre quatro quattro четыре',
    5: 'five funf cinco cinq cinque vijf пять',
    6: 'six sechs seis sei zes шесть',
    7: 'seven sieben siete sept sete sette zeven семь',
    8: 'eight acht ocho huit oito otto восемь',
    9: 'nine neun nueve neuf nove negen девять',
    10: 'ten zehn diez dix dez dieci tien десять',
    11: 'eleven elf once onze undici одиннадцать',
    12: 'twelve zwolf doce douze doze dodici twaalf двенадцать',
    14: 'fourteen vierzehn catorce quatorze quattordici четырнадцать',
    15: 'fifteen funfzehn quince quinze quindici пятнадцать',
    20: 'twenty zwanzig veinte vingt vinte venti twintig двадцать',
    30: 'thirty dreissig treinta trente trinta trenta dertig тридцать',
    40: 'forty vierzig cuarenta quarante quarenta quaranta сорок',
    50: 'fifty funfzig cincuenta cinquante cinquenta cinquanta пятьдесят',
    100: 'hundred hundert cien cento cem сто',
  }).flatMap(([digits, words]) => words.split(' ').map((word) => [word, digits] as const)),
)

/** The ways a number may be meant: "1,000" is 1000, "17:00" is 17; none for a word that is no number. */
export function numberValues(word: string): string[] {
  const spelled = NUMBER_WORDS.get(word)
  if (spelled) return [spelled]
  if (!/^\p{N}/u.test(word)) return []
  const values = [word]
  if (/^\d{1,3}(?:[.,]\d{3})+$/.test(word)) values.push(word.replace(/[.,]/g, ''))
  if (/^\d+,\d+$/.test(word)) values.push(word.replace(',', '.'))
  if (/^\d+[.,]0+$/.test(word)) values.push(word.replace(/[.,]0+$/, ''))
  if (/^\d{1,2}:00$/.test(word)) values.push(word.slice(0, -3))
  if (/^0\d:\d\d$/.test(word)) values.push(word.slice(1))
  return values
}

/** True for digits; a number in words may be said in passing ("two things"). */
export function isFigure(word: string): boolean {
  return /^\p{N}/u.test(word)
}
