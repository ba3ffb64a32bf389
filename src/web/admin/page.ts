import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'
import type { Request, Response } from 'express'
import { hasRole } from '../../accounts/access.ts'
import { assetUrl } from '../static.ts'
import { buildNavigation, type Section } from './navigation.ts'
import { sendHtml } from './send-html.ts'
import { maskForgeryToken, type Visit } from './visit.ts'

export interface PageModel {
  title: string
  section?: Section
  /** The Bot the page is about; the navigation links to its other pages. */
  bot?: { id: string; slug: string; settings: { name: string } } | undefined
  [name: string]: unknown
}

const eta = new Eta({ views: fileURLToPath(new URL('.', import.meta.url)), cache: true })

/**
 * Answers with a view inside the layout. The view `money/plans` is `money/views/plans.eta`; one without a room is
 * in `views/`, for all of them. Every view gets, besides its model: `visit`, `can(role)`, `assetUrl(name)`,
 * `formatDate(date)`, `formatNumber(n)`, `path` and `notice` (words of the action before). Everything is escaped
 * save what a view marks with `<%~`.
 */
export function sendPage(req: Request, res: Response, view: string, model: PageModel): void {
  const visit: Visit | undefined = res.locals.visit
  const shared = { ...contextOf(req, visit), navigation: buildNavigation(res, model.bot), ...model }
  const body = eta.render(fileOf(view), shared)
  res.set('Cache-Control', 'no-store').set('Vary', 'Cookie, HX-Request')
  sendHtml(req, res, eta.render(fileOf('layout'), { ...shared, body }))
}

/** Answers with a view alone: what htmx swaps into a page that stands already. */
export function sendFragment(req: Request, res: Response, view: string, model: object): void {
  const visit: Visit | undefined = res.locals.visit
  res.set('Cache-Control', 'no-store')
  sendHtml(req, res, eta.render(fileOf(view), { ...contextOf(req, visit), ...model }))
}

/** A fragment as text, for server-sent events. */
export function renderFragment(view: string, model: object): string {
  return eta.render(fileOf(view), { assetUrl, formatDate, formatNumber, ...model })
}

function fileOf(view: string): string {
  const name = view.lastIndexOf('/') + 1
  return `./${view.slice(0, name)}views/${view.slice(name)}`
}

/** After a change: to the page that shows it, with a notice of one of {@link NOTICES}. Works with and without htmx. */
export function goTo(req: Request, res: Response, path: string, notice?: Notice): void {
  const target = notice ? `${path}${path.includes('?') ? '&' : '?'}done=${notice}` : path
  if (req.get('HX-Request')) res.set('HX-Redirect', target).status(204).end()
  else res.redirect(303, target)
}

/** What an action says on the next page. By key, so that no one else can put words on our pages. */
const NOTICES = {
  saved: 'Saved.',
  deleted: 'Deleted.',
  erased: 'Erased, everywhere and for good.',
  sent: 'Sent.',
  undone: 'Undone.',
  web_added: 'Added. The bot answers from its pages as soon as they have been read.',
  web_crawling: 'Reading it again.',
  web_stopped: 'Stopped. What was read stays.',
  gap_answered: 'Answered. Who asked is told shortly.',
  gap_undone: 'Taken back. Nobody was told.',
  gap_undone_late: 'Taken out of your material. Who was told before keeps the message.',
  gap_dismissed: 'Dismissed.',
  gap_reopened: 'Back on the list.',
  uploaded: 'Uploaded. The bot answers from it as soon as it has been read.',
  unchanged: 'Nothing to do: this very file was here already.',
  retried: 'Reading it again.',
  signed_out: 'Signed out.',
  removed: 'Removed.',
  connected: 'Connected. Write to it yourself to see it answer.',
  disconnected: 'Disconnected. It no longer answers there.',
  disconnected_here:
    'Disconnected here. The channel itself could not be told and may go on delivering; that is refused.',
  prompt_saved: 'Saved as a new version, which is in use within seconds.',
  prompt_activated: 'This version is in use within seconds.',
  pack_imported: 'Imported. The bot answers from each document as soon as it has been read.',
  plan_saved: 'Saved. It holds within seconds; new prices are taken to Stripe by themselves.',
  plan_retired: 'Off the offer. Who has it keeps it.',
  code_made: 'Made. It works from now on.',
  code_ended: 'Ended. Nobody new gets in by it.',
  subscription_cancelled: 'Cancelled at Stripe. It shows here as soon as Stripe confirms it.',
  payments_checked: 'Checking against Stripe. Load this page again in a minute to see what came of it.',
  payment_refunded: 'Given back. It shows here as soon as Stripe confirms it.',
  product_retired: 'Taken off sale. What was ordered stays ordered.',
  product_restored: 'On sale again.',
  order_shipped: 'Marked as sent. The buyer is told.',
  order_fulfilled: 'Marked as done.',
  order_refunded: 'The money is on its way back. The order shows it within moments.',
  shop_tested: 'Your shop took the test message.',
  revoked: 'Revoked. Programs that use the key are refused from now on.',
} as const
export type Notice = keyof typeof NOTICES

function contextOf(req: Request, visit: Visit | undefined) {
  const done = typeof req.query.done === 'string' ? req.query.done : ''
  return {
    visit: visit && { ...visit, csrfToken: maskForgeryToken(visit.csrfToken) },
    can: (role: 'owner' | 'editor' | 'viewer') => visit !== undefined && hasRole(visit.actor, role),
    assetUrl,
    formatDate,
    formatNumber,
    path: req.baseUrl + req.path,
    notice: Object.hasOwn(NOTICES, done) ? NOTICES[done as Notice] : undefined,
  }
}

/** Made with the first page shown: each takes 5 ms to open. */
let dates: Intl.DateTimeFormat | undefined
let numbers: Intl.NumberFormat | undefined

/** "21 Nov 2026, 03:30" in UTC. */
function formatDate(date: Date | null | undefined): string {
  if (!date) return ''
  dates ??= new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return dates.format(date)
}

export function formatNumber(value: number | string): string {
  numbers ??= new Intl.NumberFormat('en-GB')
  return numbers.format(Number(value))
}
