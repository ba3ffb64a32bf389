import { renderSVG } from 'uqr'

/** A QR code of the text as the address of an image. Black on white in dark mode, too: not every camera reads others. */
export function qrImageOf(text: string): string {
  const svg = renderSVG(text, { border: 2, ecc: 'M', pixelSize: 4 })
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`
}
