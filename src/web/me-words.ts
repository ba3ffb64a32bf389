import type { MemoryKind } from '../memory/statement.ts'

/** What stands on a person's own page, in the languages our mails are in. */
export interface MeWords {
  title: string
  about: string
  told: string
  toldHint: string
  toldNothing: string
  toldOff: string
  remove: string
  turnOff: string
  turnOn: string
  kinds: Record<MemoryKind, string>
  progress: string
  asked: string
  since: string
  plan: string
  noPlan: string
  until: string
  renews: string
  left: string
  portal: string
  everything: string
  download: string
  erase: string
  eraseAbout: string
  eraseSure: string
  eraseNow: string
  erased: string
  erasedAbout: string
  toChat: string
}

const WORDS: Record<string, MeWords> = {
  en: {
    title: 'Your page',
    about: 'What {bot} keeps about you. Only you have this link; it works for one hour.',
    told: 'What you told of yourself',
    toldHint: 'In your own words. It helps to answer you and is never used for anyone else.',
    toldNothing: 'Nothing is remembered yet.',
    toldOff: 'Nothing you tell of yourself is remembered.',
    remove: 'Delete',
    turnOff: 'Remember nothing, delete all of it',
    turnOn: 'Write /memory in the chat to have it remembered.',
    kinds: {
      name: 'Name',
      goal: 'Goal',
      constraint: 'What limits you',
      preference: 'How you like it',
      other: 'About you',
      promise: 'Promise',
      breakthrough: 'Success',
    },
    progress: 'How far you are',
    asked: 'Questions asked',
    since: 'Here since',
    plan: 'Your plan',
    noPlan: 'You have no paid plan.',
    until: 'Until {date}, then it ends.',
    renews: 'It renews on {date}.',
    left: 'Left: {left} of {count}',
    portal: 'Card and invoices',
    everything: 'Everything',
    download: 'Download everything',
    erase: 'Delete everything…',
    eraseAbout:
      'This takes away every word you wrote and were answered, what is remembered of you, and yourself. A plan that still runs is ended. It cannot be undone.',
    eraseSure: 'Yes, I want that',
    eraseNow: 'Delete everything now',
    erased: 'Everything is deleted',
    erasedAbout: 'If you write again, you are someone new.',
    toChat: 'Back to the chat',
  },
  de: {
    title: 'Deine Seite',
    about: 'Was {bot} über dich behält. Nur du hast diesen Link; er gilt eine Stunde.',
    told: 'Was du von dir erzählt hast',
    toldHint: 'In deinen Worten. Es hilft, dir zu antworten, und wird nie für andere verwendet.',
    toldNothing: 'Noch ist nichts gemerkt.',
    toldOff: 'Was du von dir erzählst, wird nicht gemerkt.',
    remove: 'Löschen',
    turnOff: 'Nichts merken, alles davon löschen',
    turnOn: 'Schreib /memory in den Chat, damit es gemerkt wird.',
    kinds: {
      name: 'Name',
      goal: 'Ziel',
      constraint: 'Was dich einschränkt',
      preference: 'Wie du es magst',
      other: 'Über dich',
      promise: 'Vorsatz',
      breakthrough: 'Erfolg',
    },
    progress: 'Wie weit du bist',
    asked: 'Gestellte Fragen',
    since: 'Hier seit',
    plan: 'Dein Plan',
    noPlan: 'Du hast keinen bezahlten Plan.',
    until: 'Bis {date}, dann endet er.',
    renews: 'Er verlängert sich am {date}.',
    left: 'Übrig: {left} von {count}',
    portal: 'Karte und Rechnungen',
    everything: 'Alles',
    download: 'Alles herunterladen',
    erase: 'Alles löschen…',
    eraseAbout:
      'Das nimmt jedes Wort weg, das du geschrieben und als Antwort bekommen hast, was von dir gemerkt ist, und dich selbst. Ein laufender Plan endet. Es lässt sich nicht rückgängig machen.',
    eraseSure: 'Ja, das will ich',
    eraseNow: 'Jetzt alles löschen',
    erased: 'Alles ist gelöscht',
    erasedAbout: 'Wenn du wieder schreibst, bist du jemand Neues.',
    toChat: 'Zurück zum Chat',
  },
  es: {
    title: 'Tu página',
    about: 'Lo que {bot} guarda sobre ti. Solo tú tienes este enlace; vale una hora.',
    told: 'Lo que contaste de ti',
    toldHint: 'Con tus palabras. Ayuda a responderte y nunca se usa para otras personas.',
    toldNothing: 'Todavía no se recuerda nada.',
    toldOff: 'Lo que cuentas de ti no se recuerda.',
    remove: 'Borrar',
    turnOff: 'No recordar nada y borrarlo todo',
    turnOn: 'Escribe /memory en el chat para que se recuerde.',
    kinds: {
      name: 'Nombre',
      goal: 'Objetivo',
      constraint: 'Lo que te limita',
      preference: 'Cómo te gusta',
      other: 'Sobre ti',
      promise: 'Promesa',
      breakthrough: 'Logro',
    },
    progress: 'Hasta dónde has llegado',
    asked: 'Preguntas hechas',
    since: 'Aquí desde',
    plan: 'Tu plan',
    noPlan: 'No tienes ningún plan de pago.',
    until: 'Hasta el {date}, luego termina.',
    renews: 'Se renueva el {date}.',
    left: 'Quedan: {left} de {count}',
    portal: 'Tarjeta y facturas',
    everything: 'Todo',
    download: 'Descargarlo todo',
    erase: 'Borrarlo todo…',
    eraseAbout:
      'Esto quita cada palabra que escribiste y que se te respondió, lo que se recuerda de ti, y a ti. Un plan en curso termina. No se puede deshacer.',
    eraseSure: 'Sí, lo quiero',
    eraseNow: 'Borrarlo todo ahora',
    erased: 'Todo está borrado',
    erasedAbout: 'Si vuelves a escribir, serás alguien nuevo.',
    toChat: 'Volver al chat',
  },
}

/** The words in the first language there are any in; English else. */
export function chooseMeWords(languages: (string | null | undefined)[]): {
  language: string
  words: MeWords
} {
  for (const language of languages) {
    const key = language?.slice(0, 2).toLowerCase() ?? ''
    const words = Object.hasOwn(WORDS, key) ? WORDS[key] : undefined
    if (words) return { language: key, words }
  }
  return { language: 'en', words: WORDS.en as MeWords }
}

/** `{name}` in a text replaced. */
export function fillWords(text: string, values: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}
