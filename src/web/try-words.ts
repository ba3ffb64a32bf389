/** What the pages themselves say. What a Bot says stands in its own settings. */
const WORDS = {
  en: {
    placeholder: 'Ask a question',
    send: 'Send',
    stop: 'Stop',
    menu: 'Menu',
    newConversation: 'New conversation',
    allBots: 'All bots',
    sources: 'Sources',
    about: 'Answers come from one body of material, and each shows its source.',
    thinking: 'Looking through the material…',
    writing: 'Writing…',
    reconnecting: 'Connection lost. Trying again…',
    failed: 'That did not go through. Try again.',
    tooFast: 'That was a little fast. Try again in a minute.',
    you: 'You',
    source: 'Source',
    log: 'Conversation',
    suggestions: 'Suggestions',
    skip: 'Skip to the question box',
    help: 'What can I ask?',
  },
  de: {
    placeholder: 'Stell eine Frage',
    send: 'Senden',
    stop: 'Stopp',
    menu: 'Menü',
    newConversation: 'Neues Gespräch',
    allBots: 'Alle Bots',
    sources: 'Quellen',
    about: 'Die Antworten kommen aus einem festen Bestand an Material und zeigen ihre Quelle.',
    thinking: 'Ich suche im Material…',
    writing: 'Ich schreibe…',
    reconnecting: 'Verbindung unterbrochen. Neuer Versuch…',
    failed: 'Das kam nicht an. Bitte noch einmal.',
    tooFast: 'Das war etwas schnell. Versuch es in einer Minute wieder.',
    you: 'Du',
    source: 'Quelle',
    log: 'Gespräch',
    suggestions: 'Vorschläge',
    skip: 'Zum Fragefeld',
    help: 'Was kann ich fragen?',
  },
  es: {
    placeholder: 'Haz una pregunta',
    send: 'Enviar',
    stop: 'Parar',
    menu: 'Menú',
    newConversation: 'Nueva conversación',
    allBots: 'Todos los bots',
    sources: 'Fuentes',
    about: 'Las respuestas salen de un material concreto y cada una muestra su fuente.',
    thinking: 'Buscando en el material…',
    writing: 'Escribiendo…',
    reconnecting: 'Se perdió la conexión. Reintentando…',
    failed: 'No se pudo enviar. Inténtalo otra vez.',
    tooFast: 'Vas un poco rápido. Inténtalo en un minuto.',
    you: 'Tú',
    source: 'Fuente',
    log: 'Conversación',
    suggestions: 'Sugerencias',
    skip: 'Ir al cuadro de pregunta',
    help: '¿Qué puedo preguntar?',
  },
  fr: {
    placeholder: 'Posez une question',
    send: 'Envoyer',
    stop: 'Arrêter',
    menu: 'Menu',
    newConversation: 'Nouvelle conversation',
    allBots: 'Tous les bots',
    sources: 'Sources',
    about: 'Les réponses viennent d’un fonds précis, et chacune montre sa source.',
    thinking: 'Recherche dans le fonds…',
    writing: 'Rédaction…',
    reconnecting: 'Connexion perdue. Nouvel essai…',
    failed: 'L’envoi a échoué. Réessayez.',
    tooFast: 'C’était un peu rapide. Réessayez dans une minute.',
    you: 'Vous',
    source: 'Source',
    log: 'Conversation',
    suggestions: 'Suggestions',
    skip: 'Aller à la question',
    help: 'Que puis-je demander ?',
  },
  pt: {
    placeholder: 'Faça uma pergunta',
    send: 'Enviar',
    stop: 'Parar',
    menu: 'Menu',
    newConversation: 'Nova conversa',
    allBots: 'Todos os bots',
    sources: 'Fontes',
    about: 'As respostas vêm de um material definido e cada uma mostra a sua fonte.',
    thinking: 'A procurar no material…',
    writing: 'A escrever…',
    reconnecting: 'Ligação perdida. A tentar de novo…',
    failed: 'Não foi enviado. Tente outra vez.',
    tooFast: 'Foi um pouco rápido. Tente daqui a um minuto.',
    you: 'Você',
    source: 'Fonte',
    log: 'Conversa',
    suggestions: 'Sugestões',
    skip: 'Ir para a pergunta',
    help: 'O que posso perguntar?',
  },
} as const satisfies Record<string, Record<string, string>>

export type TryLanguage = keyof typeof WORDS
export type TryWords = Record<keyof (typeof WORDS)['en'], string>

/** The first of the asked languages (as the browser lists them) that the pages speak; English otherwise. */
export function chooseWords(asked: string[]): { lang: TryLanguage; words: TryWords } {
  for (const tag of asked) {
    const base = tag.toLowerCase().split('-')[0] ?? ''
    if (isTryLanguage(base)) return { lang: base, words: WORDS[base] }
  }
  return { lang: 'en', words: WORDS.en }
}

function isTryLanguage(code: string): code is TryLanguage {
  return Object.hasOwn(WORDS, code)
}
