import type { Request } from 'express'

/** Programs that look at a link before a person does, by what chats and their crawlers call themselves. */
const PREVIEW =
  /bot\b|crawl|spider|preview|facebookexternalhit|facebot|whatsapp\/|telegrambot|slackbot|twitterbot|discordbot|skypeuri|googleother/i

/** A browser inside a chat names the chat too, and is a person. */
const BROWSER = /Mozilla\/5\.0 .*(?:Mobile|Windows|Macintosh|X11)/

/** True when a program looks at what a link in a chat leads to, and no person does yet. */
export function isPreview(req: Request): boolean {
  if (req.method === 'HEAD' || req.get('Sec-Purpose')?.includes('prefetch')) return true
  const agent = req.get('User-Agent') ?? ''
  return PREVIEW.test(agent) && !BROWSER.test(agent)
}
