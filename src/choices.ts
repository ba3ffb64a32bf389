import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PaymentProvider } from './billing/payment-provider.ts'
import type { Config } from './config.ts'
import { AppError } from './errors.ts'
import { findTesseract, type Recognise } from './extraction/child/tesseract.ts'
import type { Logger } from './logger.ts'
import { createLogMailer } from './mail/log-mailer.ts'
import type { Mailer } from './mail/mailer.ts'
import { createSendgridMailer } from './mail/sendgrid.ts'
import { createSmtpMailer } from './mail/smtp.ts'
import { detectOllama } from './models/detect-ollama.ts'
import { createChatModels } from './models/langchain.ts'
import { createModelChain } from './models/model-chain.ts'
import { createTranscribeModels } from './models/transcribe-openai.ts'
import type { Transcriber } from './models/transcriber.ts'
import { createTranscriber } from './models/transcriber-chain.ts'

/** Where uploads are kept. @throws {AppError} `config.invalid`. */
export function chooseFilesFolder({ filesUrl, dataDir }: Config): string {
  if (!filesUrl) return join(dataDir, 'files')
  if (!filesUrl.startsWith('file:')) {
    throw new AppError('config.invalid', { variable: 'FILES_URL', wants: 'file:///folder' })
  }
  return fileURLToPath(filesUrl)
}

/** Reads scans, where tesseract is at hand and wanted. */
export async function findRecogniser({ extract }: Config, log: Logger): Promise<Recognise | undefined> {
  if (extract.ocrLanguages === undefined) return undefined
  const memoryMegabytes = extractLimits({ extract }).memoryMegabytes
  return findTesseract({ languages: extract.ocrLanguages, memoryMegabytes, log })
}

/** How files are read: within which bounds, and where the code that reads them is kept compiled. */
export function chooseExtraction(config: Config) {
  return { limits: extractLimits(config), codeDir: join(config.dataDir, 'extraction-code') }
}

function extractLimits({ extract }: Pick<Config, 'extract'>) {
  return {
    inputBytes: extract.inputBytes,
    inflatedBytes: extract.inflatedBytes,
    memoryMegabytes: Math.ceil(extract.memoryBytes / 1024 / 1024),
    timeoutMs: extract.timeoutMs,
  }
}

/** SendGrid where it has a key, else SMTP where it has a URL; else mails are logged, and the pages show them. */
export function chooseMailer({ mail }: Config, log: Logger): Mailer {
  const { sendgrid, smtpUrl, from } = mail
  if (!sendgrid.apiKey && !smtpUrl) return createLogMailer(log)
  if (!from) {
    const by = sendgrid.apiKey ? 'SENDGRID_API_KEY' : 'SMTP_URL'
    throw new AppError('config.invalid', {
      variable: 'MAIL_FROM',
      wants: `the sender's address, since ${by} is set`,
    })
  }
  return sendgrid.apiKey
    ? createSendgridMailer({ apiKey: sendgrid.apiKey, apiRoot: sendgrid.apiRoot, from })
    : createSmtpMailer({ url: smtpUrl ?? '', from })
}

/** The model chains; none when no model is named and no Ollama answers: then answers are quoted. */
export async function chooseChains({ models }: Config, log: Logger) {
  const detected = models.chat.length === 0 ? await detectOllama(models.ollama.baseUrl) : undefined
  const chat = detected ? [detected] : models.chat
  if (chat.length === 0) log.warn('no-chat-model: answers quote the material; set MODEL_CHAT or start Ollama')
  const chain = createModelChain(createChatModels(chat, models, log), models, log)
  const bulk =
    models.bulk.length > 0 ? createModelChain(createChatModels(models.bulk, models, log), models, log) : chain
  return { chain, bulk }
}

/** Writes down what is said; undefined where MODEL_TRANSCRIBE names none. */
export function chooseTranscriber({ models }: Config, log: Logger): Transcriber | undefined {
  return createTranscriber(createTranscribeModels(models.transcribe, models), models, log)
}

/** The vendor's library is loaded only where something is sold: it takes as long as a start of Node. */
export async function choosePayments({ stripe }: Config): Promise<PaymentProvider | undefined> {
  const { secretKey } = stripe
  if (!secretKey) return undefined
  const { createStripeProvider } = await import('./billing/stripe/stripe.ts')
  return createStripeProvider({ ...stripe, secretKey })
}
