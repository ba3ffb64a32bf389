import { type Button, type Invoice, isSafeLink } from './channel.ts'

/** A button of the inline keyboard; an invoice becomes a link when it is sent. */
export type TelegramButton =
  | { label: string; data: string }
  | { label: string; url: string }
  | { label: string; invoice: Invoice }

const MAX_DATA_BYTES = 64
const MAX_PAYLOAD_BYTES = 128
const MAX_BUTTONS = 100
const BUTTONS_A_ROW = 5

/** Labels this long stand side by side, like [12]; longer ones get a row each. */
const SHORT_LABEL_UNITS = 4

/** Rows of the inline keyboard, without the buttons that Telegram would refuse. */
export function layoutButtons(buttons: Button[]): TelegramButton[][] {
  const rows: TelegramButton[][] = []
  for (const button of buttons.filter(isSendable).slice(0, MAX_BUTTONS)) {
    const row = rows.at(-1)
    const isRowOpen = row?.every(isShort) ?? false
    if (row && isShort(button) && isRowOpen && row.length < BUTTONS_A_ROW) row.push(pick(button))
    else rows.push([pick(button)])
  }
  return rows
}

function isShort({ label }: { label: string }): boolean {
  return label.length <= SHORT_LABEL_UNITS
}

function pick(button: Button): TelegramButton {
  const { label } = button
  if ('data' in button) return { label, data: button.data }
  return 'url' in button ? { label, url: button.url } : { label, invoice: button.invoice }
}

function isSendable(button: Button): boolean {
  if (button.label.trim() === '') return false
  if ('url' in button) return isSafeLink(button.url)
  if ('invoice' in button) {
    const { payload, stars } = button.invoice
    return fitsBytes(payload, MAX_PAYLOAD_BYTES) && Number.isInteger(stars) && stars > 0
  }
  return fitsBytes(button.data, MAX_DATA_BYTES)
}

function fitsBytes(text: string, max: number): boolean {
  const bytes = Buffer.byteLength(text)
  return bytes >= 1 && bytes <= max
}
