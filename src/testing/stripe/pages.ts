import type { StandInAnswer, StandInRequest } from '../stand-in-server.ts'
import type { StripeLife } from './life.ts'
import type { StripeStore } from './store.ts'

const CHECKOUT = /^\/c\/pay\/(\w+)$/
const PORTAL = /^\/p\/session\/(\w+)$/

/** The vendor's own pages, as far as a browser test walks through them. Undefined for any other address. */
export function meetStripePage(
  { store, life }: { store: StripeStore; life: StripeLife },
  { method, path, text }: StandInRequest,
): StandInAnswer | undefined {
  const session = store.find('checkout.session', CHECKOUT.exec(path)?.[1])
  if (session) {
    if (method !== 'POST')
      return showCheckout(`${session.amount_total} ${session.currency}`, session.cancel_url)
    if (session.status !== 'open') return show('This page has expired', '')
    const email = new URLSearchParams(text).get('email') ?? undefined
    life.completeCheckout(session.id, email ? { email } : {})
    return goTo(session.success_url)
  }
  const portal = store.find('billing_portal.session', PORTAL.exec(path)?.[1])
  if (!portal) return undefined
  const live = store
    .list('subscription')
    .find(({ customer, ended_at }) => customer === portal.customer && !ended_at)
  if (method !== 'POST') return show('Your subscription', live ? form('Cancel subscription') : 'None.')
  if (live) life.cancelAtPeriodEnd(live.id)
  return goTo(String(portal.return_url ?? '/'))
}

function showCheckout(amount: string, cancelUrl: string | null): StandInAnswer {
  const email = '<label>Email <input name="email" type="email"></label>'
  const back = cancelUrl ? `<a href="${cancelUrl}">Back</a>` : ''
  return show(`Pay ${amount}`, form('Pay', email) + back)
}

function form(label: string, fields = ''): string {
  return `<form method="post">${fields}<button type="submit">${label}</button></form>`
}

function show(title: string, body: string): StandInAnswer {
  const head = `<meta charset="utf-8"><title>${title}</title>`
  return {
    status: 200,
    body: `<!doctype html><html lang="en"><head>${head}</head><body><h1>${title}</h1>${body}</body></html>`,
  }
}

function goTo(location: string): StandInAnswer {
  return { status: 303, body: '', headers: { location } }
}
