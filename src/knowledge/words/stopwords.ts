/*
 * Words that say how something is asked or said rather than what about: articles, pronouns,
 * prepositions, auxiliaries, question words and the verbs of asking ("recommend", "explain").
 * Written without accents, as `foldText` leaves them. Chinese and Japanese have single characters.
 */
const LISTS: Record<string, string> = {
  en: `a about above after again against all also am an and any anybody anyone anything are aren as at be because
    been before being below best better between both but by can could couldn d did didn do does doesn doing don done
    down during each either else ever every everybody everyone few for from further get gets getting give gives go goes
    going good got had hadn happen happens has hasn have haven having he hello help her here hers herself hi him himself
    his how however i if in instead into is isn it its itself just keep know less let like ll look lot m made make makes
    many may maybe me mean means might mine more most much must my myself need needs never new no nor not now of off
    often ok okay on once one only onto or other others our ours ourselves out over own per please possible really
    recommend re right s said same say says see shall she should shouldn since so some somebody someone something still
    such suggest sure t take takes tell than thank thanks that the their theirs them themselves then there these they
    long thing things think this those through to too try two under until up upon us use used using ve very want wants was
    wasn way ways we well were weren what whatever when whenever where whether which while who whom whose why will with
    within without won would wouldn yes yet you your yours yourself advice advise explain describe offer offers opinion
    view called actually usually first im ive id ill youre youve hes shes theyre weve dont doesnt didnt isnt arent wasnt werent
    cant couldnt wont wouldnt shouldnt havent hasnt whats wheres whens hows whos thats theres lets`,
  de: `ab aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist bitte da
    dabei dafur damit dann dar das dass dazu dein deine deinem deinen deiner dem den denn der des deshalb die dies diese
    diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines empfehlen empfiehlst er es etwas
    euch euer eure fur gab geben gegen geht genau gibt gut habe haben hallo hast hat hatte hatten hier hin hinter ich ihm
    ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja jede jedem jeden jeder jedes jetzt kann kannst kein keine lange
    keinem keinen keiner konnen konnte konnten mache machen machst macht man mehr mein meine meinem meinen meiner mich
    mir mit mochte muss mussen musst nach nein nicht nichts noch nun nur ob oder ohne sage sagen sagst sehr sein seine
    seinem seinen seiner seit sich sie sind so soll sollen sollte sollten sollst uber um und uns unser unsere unter viel
    viele vom von vor wann war waren warum was weil welche welchem welchen welcher welches wem wen wenig wenn wer werde
    werden weshalb wie wieder wieso will wir wird wirst wo wofur woher wohin wurde wurden zu zum zur zwischen`,
  es: `a al algo alguien algun alguna algunas algunos ante antes aqui asi aun aunque bajo bien cada como con conmigo
    contra cual cuales cualquier cuando cuanta cuantas cuanto cuantos cuyo da dan dar de debe debemos deben debo decir
    del desde despues dice dime donde dos durante e el ella ellas ellos en entre era eran eres es esa esas ese eso esos
    esta estaba estan estar estas este esto estos estoy fue fueron gracias ha hablar hace hacen hacer hacia hago han
    hasta hay haya he hola la las le les lo los mas me mejor mi mia mio mis mucha muchas mucho muchos muy nada ni no nos
    nosotros nuestra nuestro o os otra otras otro otros para pero poco por porque pueda puede pueden puedo que quien
    quienes quiero recomienda recomiendas se sea sean segun ser si sido siempre sin sobre solo somos son soy su sus
    tambien tan tanto te tenemos tener tengo ti tiene tienen tienes toda todas todo todos tu tus u un una unas uno unos
    usted ustedes va vamos van voy y ya yo`,
  fr: `a afin ai aide ainsi alors apres as au aucun aucune aussi autre autres aux avant avec avez avoir avons bien bonjour
    c ca car ce ceci cela celle celles celui ces cet cette ceux chaque chez comme comment conseille conseillez contre d
    dans de depuis des deux dire dit dois doit doivent donc dont du durant elle elles en encore entre es est et etaient
    etait etant ete etes etre eu eux faire fais fait faites faut fois font ici il ils j je jusque l la le les leur leurs
    lors lui m ma mais me meme merci mes mieux moi moins mon n ne ni non nos notre nous on ont ou par parce pas pendant
    peu peut peuvent peux plus pour pourquoi pouvez puis qu quand que quel quelle quelles quels qui quoi recommandez s sa
    sans se sera ses si soit son sont sous suis sur t ta te tes toi ton tous tout toute toutes tres tu un une vers veux
    voici vos votre vous y`,
  pt: `a ao aos apenas as ate bem cada com como contra cuja da das de deles depois desde deve devem devo dizer do dois
    dos e ela elas ele eles em entre era eram essa essas esse esses esta estao estar estas estava este estes estou eu fala
    faz fazer fazem foi foram ha isso isto ja la lhe lhes mais mas me melhor mesmo meu meus minha minhas muita muito
    muitos na nao nas nem no nos nossa nosso num numa o obrigada obrigado oi ola onde os ou outra outras outro outros para
    pela pelas pelo pelos pode podem por porque posso pouco pra preciso qual quais qualquer quando quanta quantas quanto
    quantos que quem quero recomenda se sem sempre ser seu seus sim so sobre sou sua suas tambem te tem tenho ter teu
    toda todas todo todos tu tua um uma umas uns vai voce voces vou`,
  it: `a abbiamo ad agli ai al alcuni alla alle allo altri altro anche ancora avere c che chi ci ciao cio coi col come con
    consigli contro cosa cui d da dagli dai dal dalla dalle dallo degli dei del dell della delle dello deve devo di dice
    dopo dove due e ed era erano essere fa fare fanno fra fu gia gli grazie ha hai hanno ho i il in io l la le lei lo loro
    lui ma me meglio mi mia mie miei mio molta molto ne negli nei nel nell nella nelle nello no noi non nostra nostro o
    ogni per perche piu poco poi posso possono prima puo qual quale quali qualsiasi quando quanta quante quanti quanto
    quella quelle quelli quello questa queste questi questo qui se sei sempre senza si sia siamo siete solo sono sopra su
    sua sue sugli sui sul sulla suo suoi te ti tra tu tua tue tuo tutta tutte tutti tutto un una uno va vi voglio voi`,
  nl: `aan al alle alleen als altijd andere ben bent bij dan dat de deze die dit doe doen doet door dus een eens elk elke en
    er gaan gaat geef geen geeft goed graag had hadden hallo heb hebben hebt heeft hem het hier hij hoe hoeveel hun iemand
    iets ik in is ja je jij jou jouw jullie kan kun kunnen maar maken mag me meer men met mij mijn moet moeten na naar niet
    niets nog nu of om omdat onder ons onze ook op over raad te tegen ten tot tussen u uit uw van veel voor waar waarom
    wanneer was wat we weer welk welke werd wie wij wil wilt word worden wordt zal ze zeggen zegt zelf zich zij zijn zo
    zonder zou zouden`,
  ru: `а без более бы был была были было быть в вам вас ваш ваша вдруг ведь весь во вот все всего всех всю вы где да даже
    для до должен должна его ее ей ему если есть еще же за здесь и из или им иметь их к как какая какие каким каких какого
    какое какой какую когда кого ком кому который которая которое которые кто куда ли лучше между меня мне много может
    можете можно мой моя мы на над надо нас наш не него нее ней нельзя нет ни них но ну нужно о об один он она они оно от
    очень по под подскажите посоветуйте пока после потому почему при про привет раз с сам свой своего себя сегодня сейчас
    скажите сколько со спасибо так также такой там те тебя тем теперь то тогда того тоже только том тот ту ты у уже хочу
    хоть чего чей чем через что чтобы чье чьи эта эти это этого этой этом этот я`,
  tr: `acaba ama ancak bana bazi belki ben benim bir biraz biz bizim bu buna bunu bunun cok cunku da daha de degil diye en
    fazla gibi gore hangi hani hatta hem hep hepsi her hic icin icinde iki ile ilgili ise iste iyi kac kadar kendi ki kim
    kimin lazim merhaba mi mu mı mü nasil ne neden nedir neler nerede nereye nicin niye o ol olan olarak oldu oldugu
    olmak olur olursa on ona once onlar onu onun oysa oyle oneriyorsun sana sen senin siz sizin sonra su tesekkurler tum
    ve veya ver verir ya yani yap yapar yapmak yok zaman vardir var eder etmek edilir tarafindan`,
  ar: `ا ان او اي اين اذا الا التي الذي الذين الان الى اليه ام اما انا انت انه انها انهم اني او اول بعد بعض بل به بها بين
    تلك تم ثم جدا حتى حول حيث دون ذلك سوف شكرا عن عند عندما على عليه عليها غير فقط في فيه فيها قبل قد كان كانت كل كم كما
    كيف لا لان لدى لقد لك لكن لكي لم لماذا لن له لها لهم لو ليس ما ماذا مثل مرحبا مع من منذ منه منها متى هذا هذه هل هم هنا
    هناك هو هي و وما وهو وهي يجب يكون يمكن يمكنني ينبغي`,
  hi: `अगर अपना अपनी अपने अब अभी आप आपका आपकी आपके इन इस इसका इसकी इसके इसे उन उनका उनकी उनके उस उसका उसकी उसके उसे एक और
    कई कब कभी कर करता करती करते करना करने करें का कि किन किया किस किसका किसने किसी की कुछ कृपया के को कोई कौन कौनसा क्या
    क्यों गई गए गया चाहिए जब जा जाता जाती जाते जाना जिस जैसे जो तक तब तरह तुम तो था थी थे दिया दें द्वारा धन्यवाद नमस्ते नहीं
    ने पर पास फिर बहुत बाद बारे भी मुझे मेरा मेरी मेरे में मैं यदि यह यहाँ यहां या ये रहा रही रहे लिए लेकिन वह वहाँ वहां वाला
    वाली वाले वे सकता सकती सकते सब सभी साथ से हम हमारा हमारी हमारे ही हुआ हुई हुए हूँ हूं है हैं हो होता होती होते होना कितना
    कितनी कितने कहाँ कहां कैसे कैसा कैसी`,
  zh: `的 了 吗 呢 吧 啊 是 在 有 和 与 及 或 我 你 您 他 她 它 们 这 那 哪 什 么 怎 样 如 何 为 谁 几 多 少 个 不 没 也 都 就 而 但 被 把 从
    对 于 以 可 能 会 要 应 该 请 问 之 其 所 到 着 过 给 让 用`,
  ja: `の に は を が で と も へ や か ね よ な だ です ます`,
}

/** Function words of each language, by its ISO 639-1 code. */
export const FUNCTION_WORDS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(LISTS).map(([language, list]) => [language, new Set(list.trim().split(/\s+/))]),
)

/** Function words of all languages at once: a question's language is a guess, and few collide. */
export const STOPWORDS: ReadonlySet<string> = new Set(
  [...FUNCTION_WORDS.values()].flatMap((words) => [...words]),
)
