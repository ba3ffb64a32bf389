// Makes the creators' pages livelier. Every one of them works without this file.

// The number of a proof opens it where it stands.
document.addEventListener('click', ({ target }) => {
  const cite = target.closest?.('[data-sources] .cite')
  const source = cite?.closest('[data-sources]').querySelector(`details[data-n="${cite.dataset.n}"]`)
  if (!source) return
  source.open = !source.open
  cite.setAttribute('aria-expanded', String(source.open))
})

document.addEventListener('click', async (event) => {
  for (const menu of document.querySelectorAll('[data-menu][open]')) {
    if (!menu.contains(event.target)) menu.open = false
  }
  const button = event.target.closest?.('[data-copy]')
  if (!button) return
  const source = document.getElementById(button.dataset.copy)
  const text = source ? (source.value ?? source.textContent).trim() : button.dataset.copy
  try {
    await navigator.clipboard.writeText(text)
    flash(button, 'Copied')
  } catch {
    // No clipboard on plain http: what is marked can be copied by hand.
    if (source) getSelection().selectAllChildren(source)
    flash(button, 'Press Ctrl+C')
  }
})

function flash(button, words) {
  button.dataset.words ??= button.textContent
  button.textContent = words
  setTimeout(() => {
    button.textContent = button.dataset.words
  }, 2_000)
}

document.addEventListener('keydown', (event) => {
  const menu = event.key === 'Escape' && event.target.closest?.('[data-menu][open]')
  if (!menu) return
  menu.open = false
  menu.querySelector('summary').focus()
})

// A form is sent once. It may be sent again when the page is shown again, or when the answer kept us here.
document.addEventListener('submit', (event) => {
  const form = event.target
  if (event.defaultPrevented || form.method === 'get' || form.hasAttribute('data-again')) return
  if (form.dataset.sent) return event.preventDefault()
  form.dataset.sent = 'true'
  event.submitter?.setAttribute('aria-busy', 'true')
  setTimeout(release, 8_000, form)
})
addEventListener('pageshow', () => document.querySelectorAll('[data-sent]').forEach(release))
document.addEventListener('htmx:error', () => {
  const notice = document.createElement('p')
  notice.className = 'notice bad'
  notice.textContent = 'The connection broke. Try again.'
  document.getElementById('notices')?.replaceChildren(notice)
})
document.addEventListener('htmx:finally:request', ({ target }) => release(target.closest?.('form') ?? target))

function release(form) {
  // Where what asked was swapped away meanwhile, its event comes from the document.
  if (!form.dataset) return
  delete form.dataset.sent
  for (const button of form.querySelectorAll('[aria-busy]')) button.removeAttribute('aria-busy')
}

// On a phone a row of tabs may be longer than the screen.
for (const tab of document.querySelectorAll('.tabs [aria-current]')) {
  tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 24
}

// For browsers without `field-sizing`.
if (!CSS.supports('field-sizing', 'content')) {
  const grow = (box) => {
    box.style.height = 'auto'
    box.style.height = `${box.scrollHeight + 2}px`
  }
  document.addEventListener('input', ({ target }) => target.matches('textarea') && grow(target))
  for (const box of document.querySelectorAll('textarea')) grow(box)
}
