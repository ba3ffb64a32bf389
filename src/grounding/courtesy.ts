import { foldText } from '../knowledge/words/terms.ts'

/*
 * Words of what is said around an answer and claims nothing: "Sure.", "Hope this helps!", "Three steps:". Such a
 * fragment needs no proof; one with any other word could be what somebody talked the model into saying.
 */
const WORDS = `
  sure certainly course absolutely glad happy hope helps luck great sorry understand understood summary example examples
  steps step tip tips note important option options short answer answers question questions depends enjoy welcome reason
  reasons rule rules today simply quick idea ideas key points three four five two hi dear
  gern gerne naturlich klar erfolg gluck kurz beispiel beispiele schritte schritt tipp tipps wichtig hinweis hilft hoffe
  verstehe antwort frage frohes freut tut leid kurze zusammenfassung regeln grunde lieber liebe
  claro seguro supuesto suerte animo resumen ejemplo pasos consejo consejos importante ayude espero entiendo siento
  respuesta pregunta reglas razones opciones
  sur chance resume exemple etapes conseil conseils courage espere aide comprends desole reponse question regles raisons
  certo sorte resumo exemplo passos dica dicas importante espero ajude entendo lamento resposta pergunta regras
  fortuna riassunto esempio passi consiglio consigli importante spero aiuti capisco spiace risposta domanda regole
  natuurlijk succes samenvatting voorbeeld stappen tip belangrijk hoop helpt begrijp sorry antwoord vraag regels
  конечно удачи коротко пример шаги совет советы важно надеюсь поможет понимаю жаль ответ вопрос правила
  tabii elbette sanslar ozet ornek adimlar ipucu onemli umarim yardimci anliyorum uzgunum cevap soru kurallar
  بالتاكيد حظا سعيدا مثال خطوات نصيحة مهم اتمنى يساعد اسف جواب سؤال
  ज़रूर बिल्कुल शुभकामनाएँ उदाहरण कदम सुझाव महत्वपूर्ण उम्मीद समझता माफ़ उत्तर सवाल
  当然 好的 加油 祝好 好运 例子 步骤 建议 重要 希望 帮助 答案 问题 总结 もちろん 例えば 手順 頑張って 大切 質問 回答
`

const COURTESY: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/).map(foldText))

/** True for a folded word that belongs to courtesy and not to an answer's content. */
export function isCourtesy(word: string): boolean {
  return COURTESY.has(word)
}
