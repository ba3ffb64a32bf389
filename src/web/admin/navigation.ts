import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { hasRole } from '../../accounts/access.ts'
import { listBotNames } from '../../bots/bot.ts'
import type { AdminParts } from './admin-parts.ts'
import { type Visit, visitOf } from './visit.ts'

/** Where a page stands in the navigation. */
export type Section =
  | 'start'
  | 'overview'
  | 'knowledge'
  | 'bot'
  | 'channels'
  | 'chats'
  | 'gaps'
  | 'money'
  | 'account'
  | 'api'
  | 'safety'

/** A Bot as the header's switcher names it. */
export interface NavigationBot {
  id: string
  name: string
}

interface NavigationLink {
  section: Section
  href: string
  label: string
  /** Where there is little room: the bar at the foot of a phone. */
  short: string
}

/** What the frame around every page shows. */
export interface Navigation {
  bots: NavigationBot[]
  /** More Bots than the switcher lists. */
  hasMore: boolean
  /** The Bot of this page, or else the last one looked at. */
  bot: NavigationBot | undefined
  sections: NavigationLink[]
  account: NavigationLink[]
}

/** A menu longer than this is no menu; the page of all bots lists the rest. */
const MAX_SWITCHER_BOTS = 12

const COOKIE = 'cornerman_bot'
/** 400 days: the longest a browser keeps a cookie. */
const COOKIE_MS = 400 * 24 * 60 * 60 * 1000
const BotPath = /^\/bots\/([0-9a-f-]{36})(?:\/|$)/

/** Looks up what the frame shows, for requests that get a whole page. Stands after the session guard. */
export function loadNavigation({ within }: Pick<AdminParts, 'within'>): RequestHandler {
  return async (req, res, next) => {
    if (isPageRequest(req)) {
      const { creatorId } = visitOf(res).actor
      const last = rememberBot(req, res)
      res.locals.bots = await within(creatorId, (trx) =>
        listBotNames(trx, { creatorId, limit: MAX_SWITCHER_BOTS + 1, including: last }),
      )
      res.locals.lastBotId = last
    }
    next()
  }
}

/** Of the page's own Bot, where it has one; of what {@link loadNavigation} found otherwise. */
export function buildNavigation(
  res: Response,
  bot: { id: string; settings: { name: string } } | undefined,
): Navigation {
  const known: NavigationBot[] = res.locals.bots ?? []
  const visit: Visit | undefined = res.locals.visit
  const current = bot
    ? { id: bot.id, name: bot.settings.name }
    : (known.find(({ id }) => id === res.locals.lastBotId) ?? known[0])
  return {
    bots: known.slice(0, MAX_SWITCHER_BOTS),
    hasMore: known.length > MAX_SWITCHER_BOTS,
    bot: current,
    sections: current ? listSections(current.id) : [],
    account: visit && hasRole(visit.actor, 'owner') ? [ACCOUNT_LINK, ...OWNER_LINKS] : [ACCOUNT_LINK],
  }
}

function listSections(botId: string): NavigationLink[] {
  const base = `/admin/bots/${botId}`
  return [
    { section: 'overview', href: `${base}/overview`, label: 'Overview', short: 'Overview' },
    { section: 'chats', href: `${base}/chats`, label: 'Chats', short: 'Chats' },
    { section: 'gaps', href: `${base}/gaps`, label: 'Questions to answer', short: 'Questions' },
    { section: 'knowledge', href: `${base}/knowledge`, label: 'Material', short: 'Material' },
    { section: 'money', href: `${base}/money`, label: 'Money', short: 'Money' },
    { section: 'bot', href: `${base}/settings`, label: 'Bot', short: 'Bot' },
    { section: 'channels', href: `${base}/channels`, label: 'Channels', short: 'Channels' },
  ]
}

const ACCOUNT_LINK: NavigationLink = {
  section: 'account',
  href: '/admin/account',
  label: 'Account',
  short: 'Account',
}

const OWNER_LINKS: NavigationLink[] = [
  { section: 'api', href: '/admin/account/api', label: 'API', short: 'API' },
  { section: 'safety', href: '/admin/account/safety', label: 'Safety', short: 'Safety' },
]

/** The Bot looked at last: of this address, or of the cookie, which is set to it. It grants nothing. */
function rememberBot(req: Request, res: Response): string | undefined {
  const before = readCookie(req)
  const [, id] = BotPath.exec(req.path) ?? []
  if (!id || !z.uuid().safeParse(id).success) return before
  if (id !== before)
    res.cookie(COOKIE, id, {
      path: '/admin',
      httpOnly: true,
      sameSite: 'lax',
      secure: req.secure,
      maxAge: COOKIE_MS,
    })
  return id
}

function readCookie(req: Request): string | undefined {
  const [, id] = new RegExp(`(?:^|;\\s*)${COOKIE}=([0-9a-f-]{36})(?:;|$)`).exec(req.get('Cookie') ?? '') ?? []
  return z.uuid().safeParse(id).data
}

/** Fragments, streams and downloads have no frame; a refused form is shown again within one. */
function isPageRequest(req: Request): boolean {
  return req.get('HX-Request') === undefined && (req.get('Accept') ?? '').includes('text/html')
}
