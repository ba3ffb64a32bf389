// The chat page comes whole from the server and works without this file. This makes it live: what is sent
// appears at once, what is answered appears while it is written, and a citation opens where it stands.

const page = document.body.dataset
const log = document.querySelector('.log')
const progress = document.querySelector('.progress')
const draft = progress.querySelector('.draft')
const status = progress.querySelector('[role=status]')
const notice = document.querySelector('.notice')
const composer = document.querySelector('.composer form')
const box = composer.elements.text
const lostText = notice.textContent

/* Sending */

document.addEventListener('submit', (event) => {
  const form = event.target
  if (!form.matches('[data-send]')) return
  event.preventDefault()
  const field = event.submitter?.name ? event.submitter : box
  const value = field.value.trim()
  if (!value) return
  const message = { id: newId(), [field.name]: value }
  document.querySelector('.menu').open = false
  if (field === box) clearBox()
  if (field.name === 'button') field.setAttribute('aria-pressed', 'true')
  if (form.matches('[data-once]') || field === box) document.querySelector('[data-once]')?.remove()
  if (field.name === 'text') showMine(message)
  send(message)
})

box.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  composer.requestSubmit()
})

box.addEventListener('input', growBox)

async function send(message) {
  try {
    const response = await fetch(`${page.action}/messages`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(message),
    })
    if (response.ok) return hideNotice()
    if (response.status === 429) throw new Error(page.tooFast)
    const failure = await response.json().catch(() => ({}))
    throw new Error(failure.error?.message)
  } catch (error) {
    takeBack(message)
    // A fetch that got no answer fails with a TypeError whose words are the browser's own.
    showNotice((!(error instanceof TypeError) && error.message) || page.failed)
  }
}

/** Puts what could not be sent back into the box, unless something else is being written there. */
function takeBack({ id, text }) {
  mine(id)?.setAttribute('data-failed', '')
  if (text === undefined || box.value) return
  mine(id)?.remove()
  box.value = text
  growBox()
}

function clearBox() {
  box.value = ''
  growBox()
}

/** For browsers without `field-sizing`. */
function growBox() {
  if (CSS.supports('field-sizing', 'content')) return
  box.style.height = 'auto'
  box.style.height = `${box.scrollHeight + 2}px`
}

/** A version 4 UUID; `crypto.randomUUID` is missing on plain http. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/* Showing */

function showMine({ id, text }) {
  const item = document.createElement('li')
  item.className = 'said-in'
  item.dataset.clientId = id
  item.dataset.waiting = ''
  const words = document.createElement('p')
  words.dir = 'auto'
  words.textContent = text
  item.append(words)
  log.append(item)
  scrollTo({ top: readingPoint() })
}

function showSaid({ html, clientId }) {
  const isFollowing = isAtReadingPoint()
  if (clientId) removeAnswered(clientId)
  const said = document.createRange().createContextualFragment(html)
  disableDeadCites(said)
  log.insertBefore(said, log.querySelector('[data-waiting]'))
  follow(isFollowing)
}

/** Several messages sent in a row are answered as one that bears the last one's id. */
function removeAnswered(clientId) {
  const waiting = [...log.querySelectorAll('[data-waiting]')]
  const last = waiting.findIndex((item) => item.dataset.clientId === clientId)
  for (const item of waiting.slice(0, last + 1)) item.remove()
}

function showProgress({ isWriting, draft: html }) {
  const isFollowing = isAtReadingPoint()
  progress.hidden = !isWriting
  draft.innerHTML = html
  const words = isWriting ? (html ? page.writing : page.thinking) : ''
  if (status.textContent !== words) status.textContent = words
  follow(isFollowing)
}

function showNotice(text) {
  notice.hidden = false
  notice.textContent = text
}

function hideNotice() {
  notice.hidden = true
}

function mine(id) {
  return log.querySelector(`[data-client-id="${CSS.escape(id)}"]`)
}

/** As far down as one can read without the question leaving the screen. */
function readingPoint() {
  const bottom = document.documentElement.scrollHeight - innerHeight
  const question = [...log.querySelectorAll('.said-in')].at(-1)
  const top = question ? question.getBoundingClientRect().top + scrollY - 84 : bottom
  return Math.max(0, Math.min(bottom, top))
}

function isAtReadingPoint() {
  return Math.abs(scrollY - readingPoint()) < 60
}

function follow(isFollowing) {
  if (isFollowing) scrollTo({ top: readingPoint() })
}

/* Citations */

document.addEventListener('click', (event) => {
  const cite = event.target.closest('.cite')
  if (cite) toggleCard(cite)
  const menu = document.querySelector('.menu')
  if (!menu.contains(event.target)) menu.open = false
})

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  document.querySelector('.menu').open = false
  const open = event.target.closest('.said-out')?.querySelector('.cite[aria-expanded=true]')
  if (!open) return
  toggleCard(open)
  open.focus()
})

/** What a number stood for may have been taken out of the material since. */
function disableDeadCites(root) {
  for (const said of root.querySelectorAll('.said-out')) {
    for (const cite of said.querySelectorAll('.cite')) cite.disabled = !sourceOf(cite)
  }
}

function sourceOf(cite) {
  return cite.closest('.said-out')?.querySelector(`.source[data-n="${CSS.escape(cite.dataset.n)}"]`)
}

/** Opens the quote under the sentence it proves, or closes it; one at a time in an answer. */
function toggleCard(cite) {
  const said = cite.closest('.said-out')
  const source = sourceOf(cite)
  if (!source) return
  const wasOpen = cite.getAttribute('aria-expanded') === 'true'
  said.querySelector('.card')?.remove()
  for (const other of said.querySelectorAll('.cite')) other.setAttribute('aria-expanded', 'false')
  if (wasOpen) return
  const card = document.createElement('div')
  card.className = 'card'
  card.id = `card-${source.id}`
  card.setAttribute('role', 'region')
  card.setAttribute('aria-label', `${page.source} ${cite.dataset.n}`)
  card.append(
    source.querySelector('blockquote').cloneNode(true),
    source.querySelector('.where').cloneNode(true),
  )
  const block = cite.closest('table, pre') ?? cite.closest('p, li, blockquote, h1, h2, h3, h4, h5, h6')
  if (block.matches('li')) block.append(card)
  else block.after(card)
  cite.setAttribute('aria-expanded', 'true')
  cite.setAttribute('aria-controls', card.id)
}

/* Listening */

let seen = page.after
let stream
let noticeTimer

function listen() {
  stream?.close()
  stream = new EventSource(`${page.action}/events?after=${seen}`)
  stream.addEventListener('open', () => {
    clearTimeout(noticeTimer)
    if (notice.textContent === lostText) hideNotice()
  })
  stream.addEventListener('said', (event) => {
    seen = event.lastEventId
    showSaid(JSON.parse(event.data))
  })
  stream.addEventListener('progress', (event) => showProgress(JSON.parse(event.data)))
  stream.addEventListener('error', () => {
    clearTimeout(noticeTimer)
    noticeTimer = setTimeout(() => showNotice(lostText), 2_500)
    // Refused rather than broken: the browser would not come back by itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 10_000)
  })
}

// A browser has six connections to a host at most: a tab no one looks at gives its one back.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) stream.close()
  else listen()
})

disableDeadCites(log)
listen()
// On a phone this would open the keyboard over the greeting.
if (matchMedia('(hover: hover)').matches) box.focus({ preventScroll: true })
if (log.children.length > 0) scrollTo({ top: readingPoint() })
