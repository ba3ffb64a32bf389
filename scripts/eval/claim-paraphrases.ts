import { type Falsifying, pick, wordPattern } from './claim-falsifying.ts'
import { capitalise } from './claim-truths.ts'

/*
 * Written by hand before any word table of the judge was made, and by no table: what people take for the same, for a
 * general word, and for another one of its kind. English alone.
 */

/** Each may stand for the one before it where that one stands in a plain sentence. */
const SAME = `purchase=buy purchased=bought home=house residence=house vehicle=car automobile=car rapidly=quickly
  quickly=rapidly area=region region=area conflict=war firm=company company=corporation error=mistake errors=mistakes
  assist=help assisted=helped attempt=try attempted=tried ended=finished concluded=ended finished=completed
  completed=finished initial=first chief=main main=primary primary=main principal=main entire=whole whole=entire
  ill=sick sick=ill physician=doctor doctors=physicians medicine=drug medication=drug medications=drugs
  medicines=drugs kids=children youngsters=children difficult=hard tough=hard simple=easy easily=readily
  quantity=amount amounts=quantities aim=goal goals=aims objective=goal result=outcome outcome=result results=outcomes
  outcomes=results consequences=effects effects=consequences evidence=proof answer=response response=answer
  reply=answer selected=chosen chosen=selected chose=selected picked=chosen permit=allow permits=allows
  permitted=allowed allowed=permitted stated=said mentioned=said gather=collect collected=gathered gathered=collected
  constructed=built built=constructed erected=built created=established founded=established established=founded
  started=began commenced=began stopped=ceased ceased=stopped remains=stays kept=retained retained=kept
  received=got obtained=acquired acquired=obtained shown=demonstrated demonstrated=shown seen=observed
  observed=seen noticed=observed detected=discovered discovered=found identified=recognized believed=thought
  thought=believed understood=known frequently=often often=frequently generally=usually typically=usually
  usually=normally normally=usually sometimes=occasionally occasionally=sometimes mostly=mainly mainly=mostly
  primarily=mainly nearly=almost almost=nearly roughly=approximately
  extremely=very highly=very particularly=especially especially=particularly significant=considerable
  considerable=significant substantial=considerable enormous=huge huge=enormous tiny=small vast=huge
  big=large large=big little=small quick=fast fast=quick method=technique technique=method methods=techniques
  techniques=methods approach=method procedure=process kind=type type=kind kinds=types types=kinds sort=type
  illness=disease disease=illness diseases=illnesses illnesses=diseases disorder=disease signs=symptoms
  therapy=treatment treatment=therapy treatments=therapies survey=study examination=test tests=examinations
  danger=risk risks=dangers harm=damage damage=harm injury=wound task=job job=work work=labour employees=workers
  workers=employees pupils=students student=pupil teachers=instructors citizens=residents inhabitants=residents
  residents=inhabitants people=persons individuals=people nation=country country=nation nations=countries
  countries=nations town=city road=street shop=store store=shop money=cash fee=charge price=cost cost=price
  income=earnings wealthy=rich rich=wealthy famous=well-known renowned=famous current=present present=current
  modern=contemporary recent=new ancient=old yearly=annual annual=yearly film=movie movie=film picture=image
  images=pictures author=writer writer=author book=volume journey=trip trip=journey position=place location=place
  places=locations site=location component=part components=parts elements=components portion=part section=part
  segment=part reason=cause causes=reasons notion=idea idea=concept concept=idea ideas=concepts opinion=view
  views=opinions issue=problem problems=issues issues=problems trouble=problem fight=battle battle=fight
  army=military soldiers=troops troops=soldiers ruler=king leader=head head=leader power=strength strength=power
  enhance=improve enhanced=improved improved=enhanced boost=increase increased=rose rose=increased
  reduced=decreased decreased=reduced lowered=reduced fell=declined declined=decreased
  required=needed needed=required needs=requires wants=desires contains=includes includes=contains
  contained=included consists=comprises prevent=avoid avoid=prevent destroy=ruin ruined=destroyed
  protect=defend defended=protected provide=supply provides=supplies supplied=provided gives=provides
  ensure=guarantee verify=check checked=verified explain=clarify described=explained shut=closed closed=shut
  rests=sleeps correct=right proper=correct wrong=incorrect incorrect=wrong begin=start starts=begins
  child=kid baby=infant infants=babies mother=mom garbage=trash speak=talk speaks=talks quiet=silent
  calm=peaceful brave=courageous clever=smart intelligent=smart odd=strange strange=odd clear=obvious`

/** A general word for what stands behind it. */
const GENERAL = `animal=dog animal=cat animal=horse bird=eagle bird=chicken fish=salmon fish=tuna tree=oak tree=pine
  fruit=apple fruit=banana vegetable=carrot vegetable=tomato grain=wheat grain=rice drink=coffee drink=tea drink=beer
  meat=beef meat=pork instrument=piano instrument=violin instrument=guitar vehicle=car vehicle=truck vehicle=bus
  building=house building=hospital building=church building=castle building=school metal=iron metal=gold metal=copper
  gas=oxygen gas=hydrogen gas=nitrogen weapon=gun weapon=sword sport=football sport=tennis sport=swimming
  disease=malaria disease=cancer disease=diabetes insect=mosquito insect=ant organ=liver organ=heart organ=kidney
  person=doctor person=teacher person=soldier woman=queen man=king parent=mother parent=father
  child=son child=daughter language=English language=French city=London city=Paris planet=Mars vitamin=riboflavin
  device=phone computer=laptop publication=magazine publication=newspaper furniture=chair furniture=bed
  clothing=shirt clothing=coat relative=brother relative=sister relative=cousin`

/** Groups of which one excludes the others. */
const KINDS = `dog cat horse cow sheep pig goat|apple banana orange lemon grape pear|wheat rice barley corn oats rye
  coffee tea beer wine milk juice|beef pork chicken lamb|piano violin guitar flute trumpet drum|car truck bus train bicycle
  iron gold copper silver lead zinc tin|oxygen hydrogen nitrogen helium|gun sword knife bomb|football tennis baseball
  basketball hockey cricket swimming|malaria cholera influenza smallpox measles tuberculosis plague|mosquito ant bee butterfly
  liver heart kidney lung brain stomach skin|red blue green yellow black white brown purple|doctor teacher lawyer engineer
  farmer soldier priest|mother sister daughter aunt|brother son father uncle|chair table bed sofa|shirt coat shoe hat
  breakfast lunch dinner|spring summer autumn winter|river lake ocean mountain island desert|church school hospital prison
  castle bridge|arm leg hand foot knee shoulder elbow neck|eye ear nose mouth tongue|coal oil gas wood|phone radio television
  computer|book newspaper magazine letter|poem novel song play opera|bacteria viruses fungi|bone muscle nerve blood|protein
  fat sugar fibre starch|calcium iron magnesium sodium potassium|morning afternoon evening night|sugar salt pepper flour
  butter|sand clay stone|cotton wool silk leather|rain snow wind|square circle triangle|walking running swimming cycling
  president king emperor pope bishop|students teachers professors|chemistry physics biology mathematics history
  geography|army navy police|gold bronze|ships trains planes cars`

const read = (words: string) => words.trim().split(/\s+/)

/** "Purchase" for "buy": by its table of {@link SAME} or {@link GENERAL}. */
function replaceBy(table: string) {
  const pairs = read(table).map((pair) => pair.split('='))
  return (sentence: string, random: () => number): string | undefined => {
    const found = pairs.filter(
      ([to = '', from = '']) => wordPattern(from).test(sentence) && !wordPattern(to).test(sentence),
    )
    const [to, from] = pick(found, random) ?? []
    return to && from && capitalise(sentence.replace(wordPattern(from), to))
  }
}

export const sayOtherwise = replaceBy(SAME)
export const generalise = replaceBy(GENERAL)

const GROUPS = KINDS.split(/[|\n]/).map(read)

/** "Cat" for "dog". */
export function swapKind({
  sentence,
  passage,
  random,
}: Pick<Falsifying, 'sentence' | 'passage' | 'random'>): string | undefined {
  const found = GROUPS.flatMap((group) =>
    group.flatMap((from) =>
      wordPattern(from).test(sentence)
        ? group.filter((to) => !wordPattern(to).test(passage)).map((to) => ({ from, to }))
        : [],
    ),
  )
  const chosen = pick(found, random)
  return chosen && capitalise(sentence.replace(wordPattern(chosen.from), chosen.to))
}
