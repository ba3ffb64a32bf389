import type { Request, RequestHandler, Response } from 'express'
import type { AppError } from '../../errors.ts'
import { sendFragment, sendPage } from './page.ts'

/** Lets failures under `/admin` be told as its pages tell things; programs that ask for JSON still get it. */
export const tellErrorsAsPages: RequestHandler = (req, res, next) => {
  res.locals.answerError = (error: AppError) => answerError(req, res, error)
  next()
}

/** @returns false where whoever asks wants no page. */
function answerError(req: Request, res: Response, error: AppError): boolean {
  const isPart = req.get('HX-Request') !== undefined
  if (!isPart && !(req.get('Accept') ?? '').includes('text/html')) return false
  const model = { ...readWords(error), code: error.code, retryable: error.retryable && req.method === 'GET' }
  res.status(error.status)
  if (isPart) {
    // What was to be replaced stays as it is; the failure is told above the page.
    res.set('HX-Retarget', '#notices').set('HX-Reswap', 'innerHTML')
    sendFragment(req, res, 'error-notice', model)
  } else sendPage(req, res, 'error-page', { title: model.what, ...model, address: req.originalUrl })
  return true
}

/** The catalogue's messages say first what is wrong, then what to do. */
function readWords({ message }: AppError): { what: string; advice: string } {
  const [what = '', ...advice] = message.replaceAll('`', '').split(/(?<=[.!?])\s+/)
  return { what, advice: advice.join(' ') }
}
