/** What a question asks for by name and a text gives without naming it: "cost" and "85 EUR". */
interface Shape {
  /** Folded words of the question. */
  words: ReadonlySet<string>
  pattern: RegExp
}

export type Shapes = readonly Shape[]

const SHAPES: Shapes = [
  {
    words:
      wordSet(`cost costs price prices fee fees pay charge kosten kostet preis preise cuesta cuestan precio precios
      coute coutent prix tarif costa costano prezzo prezzi preco precos custa custam kost prijs стоит стоимость цена
      fiyat fiyati ucret ucreti`),
    pattern:
      /[$€£¥₽₹₺]\s?\d|\d\s?(?:[$€£¥₽₹₺]|(?:eur|euros?|usd|gbp|chf|dollars?|pounds?|dólares|reais|francs?|franken|рубл|lira)(?![a-z]))/iu,
  },
  {
    words: wordSet('time times uhrzeit hora horas heure heures ora tijd hoelaat часу saat'),
    pattern: /(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?!\d)|\b\d{1,2}\s?(?:[ap]\.?m\b|uhr\b|h\b)/iu,
  },
]

/** What a text gives of these. */
export function findShapes(text: string): Shapes {
  return SHAPES.filter(({ pattern }) => pattern.test(text))
}

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/))
}
