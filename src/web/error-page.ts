import type { Response } from 'express'
import type { AppError } from '../errors.ts'
import { renderView } from './view.ts'

/** Answers a page's failure as a page, in the look of the others. */
export function sendErrorPage(res: Response, { status, code, message }: AppError): void {
  // The catalogue's messages say first what is wrong, then what to do.
  const [what, ...advice] = message.replaceAll('`', '').split(/(?<=[.!?])\s+/)
  res
    .status(status)
    .set('Cache-Control', 'no-store')
    .type('html')
    .send(renderView('error', { status, code, what, advice: advice.join(' ') }))
}
