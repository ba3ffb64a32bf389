/** What is said around a payment, in the languages our mails are in. */
export interface PayWords {
  paid: string
  paidAbout: string
  back: string
  backAbout: string
  toChat: string
  payAfterAll: string
  preview: string
}

const WORDS: Record<string, PayWords> = {
  en: {
    paid: 'Thank you',
    paidAbout: 'Your payment is on its way to us. In the chat you go on where you stopped.',
    back: 'Nothing was paid',
    backAbout: 'You can go back to the chat, or pay after all.',
    toChat: 'Back to the chat',
    payAfterAll: 'Pay after all',
    preview: 'Pay',
  },
  de: {
    paid: 'Danke',
    paidAbout: 'Deine Zahlung ist auf dem Weg zu uns. Im Chat geht es dort weiter, wo du aufgehört hast.',
    back: 'Es wurde nichts bezahlt',
    backAbout: 'Du kannst zurück in den Chat oder doch noch bezahlen.',
    toChat: 'Zurück zum Chat',
    payAfterAll: 'Doch bezahlen',
    preview: 'Bezahlen',
  },
  es: {
    paid: 'Gracias',
    paidAbout: 'Tu pago está en camino. En el chat sigues donde lo dejaste.',
    back: 'No se ha pagado nada',
    backAbout: 'Puedes volver al chat o pagar de todos modos.',
    toChat: 'Volver al chat',
    payAfterAll: 'Pagar de todos modos',
    preview: 'Pagar',
  },
}

/** The words in the first language there are any in; English else. */
export function choosePayWords(languages: (string | null | undefined)[]): {
  language: string
  words: PayWords
} {
  for (const language of languages) {
    const key = language?.slice(0, 2).toLowerCase() ?? ''
    const words = Object.hasOwn(WORDS, key) ? WORDS[key] : undefined
    if (words) return { language: key, words }
  }
  return { language: 'en', words: WORDS.en as PayWords }
}
