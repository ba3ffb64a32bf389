import type { ChoiceButton, LinkButton } from './channel.ts'

/** A tap-able choice in WhatsApp's words. */
export interface Choice {
  id: string
  title: string
}

/** What WhatsApp allows of reply buttons and of lists; lengths counted in UTF-16 units to be safe. */
const BUTTONS = { max: 3, titleUnits: 20, idUnits: 256 }
const LIST = { max: 10, titleUnits: 24, idUnits: 200 }

/** How the choices of a message can be shown: as reply buttons, as a list, or only as numbered text. */
export type ChoiceForm = 'buttons' | 'list' | 'numbered'

/** The richest form these buttons fit in. */
export function chooseForm(buttons: ChoiceButton[]): ChoiceForm {
  if (buttons.length === 0) return 'numbered'
  if (fits(buttons, BUTTONS)) return 'buttons'
  return fits(buttons, LIST) ? 'list' : 'numbered'
}

function fits(buttons: ChoiceButton[], { max, titleUnits, idUnits }: typeof BUTTONS): boolean {
  const titles = new Set(buttons.map(({ label }) => label.trim()))
  const ids = new Set(buttons.map(({ data }) => data))
  return (
    buttons.length <= max &&
    titles.size === buttons.length &&
    ids.size === buttons.length &&
    buttons.every(({ label, data }) => label.trim().length <= titleUnits && data.length <= idUnits)
  )
}

export function toChoices(buttons: ChoiceButton[]): Choice[] {
  return buttons.map(({ label, data }) => ({ id: data, title: label.trim() }))
}

/** The longest label of a button that opens an address. */
const LINK_UNITS = 20

/** A button that opens an address stands alone: beside it there are neither others nor choices. */
export function fitsLinkButton(links: LinkButton[], choices: ChoiceButton[]): boolean {
  return links.length === 1 && choices.length === 0
}

/** What stands on the button: the text above says it in full. */
export function shortenLinkLabel(label: string): string {
  const full = label.trim()
  if (full.length <= LINK_UNITS) return full
  const head = full
    .slice(0, LINK_UNITS - 1)
    .toWellFormed()
    .replace(/\uFFFD$/, '')
  return `${head.trimEnd()}…`
}
