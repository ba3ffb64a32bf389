import type { MailWords } from './words.ts'

const IGNORE = 'Warst du das nicht, musst du nichts tun: Ohne den Link geschieht nichts.'
const ROLES = {
  owner: 'mit allen Rechten',
  editor: 'mit dem Recht, zu ändern',
  viewer: 'mit dem Recht, zu lesen',
}

const hello = (name: string) => (name ? `Hallo ${name},` : 'Hallo,')

export const GERMAN: MailWords = {
  language: 'de',
  verify: ({ name }) => ({
    subject: 'Bestätige deine Adresse',
    greeting: hello(name),
    body: ['willkommen bei Cornerman. Bestätige, dass diese Adresse dir gehört, dann ist dein Konto offen.'],
    action: 'Adresse bestätigen',
    after: ['Der Link gilt einmal, innerhalb von 24 Stunden.', IGNORE],
  }),
  knownAccount: ({ name }) => ({
    subject: 'Du hast schon ein Konto',
    greeting: hello(name),
    body: [
      'jemand, vermutlich du, wollte gerade mit dieser Adresse ein Konto bei Cornerman eröffnen. Du hast schon eines.',
      'Weißt du das Passwort nicht mehr, dann lass dir auf der Anmeldeseite ein neues geben.',
    ],
    action: 'Anmelden',
    after: ['Warst du das nicht, musst du nichts tun: Dein Konto ist, wie es war.'],
  }),
  magicLink: ({ name }) => ({
    subject: 'Dein Link zum Anmelden',
    greeting: hello(name),
    body: ['hier ist der Link, um den du gebeten hast.'],
    action: 'Bei Cornerman anmelden',
    after: ['Der Link gilt einmal, innerhalb von 15 Minuten.', IGNORE],
  }),
  reset: ({ name }) => ({
    subject: 'Wähle ein neues Passwort',
    greeting: hello(name),
    body: ['hier ist der Link für ein neues Passwort. Er meldet dich auf allen Geräten ab.'],
    action: 'Neues Passwort wählen',
    after: ['Der Link gilt einmal, innerhalb von 30 Minuten.', IGNORE],
  }),
  passwordChanged: ({ name }) => ({
    subject: 'Dein Passwort wurde geändert',
    greeting: hello(name),
    body: [
      'das Passwort deines Kontos bei Cornerman wurde gerade geändert, und deine anderen Geräte wurden abgemeldet.',
    ],
    action: 'Konto öffnen',
    after: ['Warst du das nicht, dann lass dir sofort auf der Anmeldeseite ein neues Passwort geben.'],
  }),
  invitation: ({ creatorName, inviterName, role }) => ({
    subject: `${inviterName} lädt dich zu ${creatorName} ein`,
    greeting: hello(''),
    body: [
      `${inviterName} lädt dich ein, mit Cornerman an den Bots von ${creatorName} zu arbeiten, ${ROLES[role]}.`,
    ],
    action: 'Einladung ansehen',
    after: [
      'Der Link gilt einmal, innerhalb von 7 Tagen.',
      'Kennst du den Absender nicht, musst du nichts tun.',
    ],
  }),
  receipt: ({ name }, { botName, what, amount }) => ({
    subject: `Deine Quittung von ${botName}`,
    greeting: hello(name),
    body: ['danke, deine Zahlung ist angekommen. Die Quittung liegt hinter dem Link.'],
    facts: [
      ['Bezahlt', what],
      ['Betrag', amount],
    ],
    action: 'Quittung öffnen',
    after: [`Alle Quittungen bekommst du auch im Chat mit ${botName}: Schreib /receipts.`],
  }),
  paymentFailed: ({ name }, { botName, planName, amount, until }) => ({
    subject: `Deine Zahlung an ${botName} hat nicht geklappt`,
    greeting: hello(name),
    body: [
      `deine Karte oder dein Konto hat die letzte Zahlung für ${planName} abgelehnt. Das kommt vor, zum Beispiel nach einem Kartentausch.`,
      `Dein Zugang bleibt bis zum ${until}, wie er ist. Prüfe, wie du zahlst, dann ändert sich nichts.`,
    ],
    facts: [
      ['Tarif', planName],
      ['Betrag', amount],
    ],
    action: 'Zahlungsweise prüfen',
    after: ['Hast du das schon getan, musst du nichts mehr tun.'],
  }),
  paidButLost: ({ name }, { botName, planName, amount }) => ({
    subject: `Du hast für ${botName} bezahlt: hier geht es hinein`,
    greeting: hello(name),
    body: [
      `danke für deine Zahlung. Du hast den Chat mit ${botName} noch nicht geöffnet, darum wissen wir nicht, wo wir dich einlassen sollen.`,
      'Folge dem Link und drück auf Start. In diesem Augenblick gilt dein Tarif.',
    ],
    facts: [
      ['Tarif', planName],
      ['Betrag', amount],
    ],
    action: 'Chat öffnen',
    after: ['Der Link ist für dich allein: Wer ihm zuerst folgt, bekommt den Tarif.'],
  }),
  orderConfirmed: ({ name }, { botName, ...order }) => ({
    subject: `Deine Bestellung bei ${botName}`,
    greeting: hello(name),
    body: ['danke, deine Bestellung ist angekommen und bezahlt.'],
    facts: orderFacts(order),
    action: 'Sendung verfolgen',
    after: ['Du hörst wieder von uns, sobald sie unterwegs ist.'],
  }),
  orderShipped: ({ name }, { botName, ...order }) => ({
    subject: `Deine Bestellung bei ${botName} ist unterwegs`,
    greeting: hello(name),
    body: ['gute Nachricht: Deine Bestellung wurde verschickt.'],
    facts: orderFacts(order),
    action: 'Sendung verfolgen',
    after: [`Kommt sie nicht an, dann schreib ${botName} und nenne die Bestellung.`],
  }),
  orderRefunded: ({ name }, { botName, ...order }) => ({
    subject: `Dein Geld von ${botName} ist auf dem Rückweg`,
    greeting: hello(name),
    body: [
      'wir haben dir zurückgegeben, was du für diese Bestellung bezahlt hast. Deine Bank zeigt es in etwa zehn Tagen.',
    ],
    facts: orderFacts(order),
    action: 'Bestellung ansehen',
    after: [`Hast du eine Frage dazu, dann schreib ${botName} und nenne die Bestellung.`],
  }),
  weeklyDigest: ({ name }, { creatorName, ...week }) => ({
    subject: `Deine Woche mit ${creatorName}`,
    greeting: hello(name),
    body: [`das geschah vom ${week.from} bis zum ${week.to}.`],
    facts: [
      ['Fragen', week.questions],
      ['Beantwortet', week.answered],
      ['Menschen, die fragten', week.people],
      ['Neue Menschen', week.newPeople],
      ['Fragen, die dein Material nicht beantwortet', week.openGaps],
    ],
    action: 'Die ganze Woche ansehen',
    after: [],
  }),
  gapDigest: ({ name }, { creatorName, gaps, total }) => ({
    subject: `Was man ${creatorName} vergeblich fragte`,
    greeting: hello(name),
    body: [
      'auf diese Fragen hatte dein Material keine Antwort. Beantworte eine, und alle, die sie stellten, erfahren es.',
    ],
    quotes: gaps.map(({ question, count }) => (count > 1 ? `${question} (${count}-mal)` : question)),
    action: 'Beantworten',
    after: [`Fragen, die auf eine Antwort warten: ${total}.`],
  }),
  followUp: ({ name }, { subject, text }) => ({
    subject,
    greeting: hello(name),
    body: text.split(/\n{2,}/),
    action: 'Zum Chat',
    after: [],
  }),
  stop: { why: 'Du kannst diese Mails jederzeit beenden.', action: 'Keine dieser Mails mehr' },
  stopPage: {
    title: 'Keine dieser Mails mehr?',
    ask: 'Drück auf den Knopf, dann enden sie. Alle anderen Mails bleiben, wie sie sind.',
    action: 'Keine dieser Mails mehr',
    done: 'Erledigt. Diese Mails kommen nicht mehr.',
    spent: 'Dieser Link gilt nicht mehr. Nimm den aus einer neueren Mail.',
  },
  newsNames: {
    'weekly-digest': 'Die Woche in Zahlen',
    'gap-digest': 'Fragen ohne Antwort',
    'client-follow-up': 'Persönliche Mails',
  },
}

type Order = {
  productName: string
  quantity: string
  amount: string
  orderNumber: string
  tracking?: string | undefined
}

function orderFacts({ productName, quantity, amount, orderNumber, tracking }: Order): [string, string][] {
  const facts: [string, string][] = [
    ['Bestellung', orderNumber],
    ['Was', productName],
    ['Wie viele', quantity],
    ['Betrag', amount],
  ]
  return tracking ? [...facts, ['Sendung', tracking]] : facts
}
