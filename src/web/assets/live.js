// Keeps `data-live="<address>"` up to date: the server sends `event: <id>` with the HTML of the element that has this
// id, or `event: <id>:append` with what comes at its end. The data is HTML, or the same as a JSON string.

for (const region of document.querySelectorAll('[data-live]')) listen(region.dataset.live, region.id)

function listen(address, regionId, waitMs = 3_000) {
  let stream
  let known
  const region = () => document.getElementById(regionId) ?? document
  const hear = (name, swap) =>
    stream.addEventListener(name, ({ data }) => {
      waitMs = 3_000
      swap(data.startsWith('"') ? JSON.parse(data) : data)
      hearAll()
    })
  function hearAll() {
    for (const { id } of [region(), ...region().querySelectorAll('[id]')]) {
      if (!id || known.has(id)) continue
      known.add(id)
      hear(id, (html) => replace(id, html))
      hear(`${id}:append`, (html) => append(id, html))
    }
  }
  function open() {
    known = new Set()
    stream = new EventSource(address)
    hearAll()
    stream.addEventListener('error', () => {
      // Refused: the browser would not come back by itself.
      if (stream.readyState !== EventSource.CLOSED) return
      setTimeout(() => document.hidden || open(), waitMs)
      waitMs = Math.min(waitMs * 2, 60_000)
    })
  }
  open()
  // A browser has six connections to a host: a page no one looks at gives its one back.
  document.addEventListener('visibilitychange', () => {
    stream.close()
    if (!document.hidden) open()
  })
}

function replace(id, html) {
  const old = document.getElementById(id)
  if (!old || old.outerHTML === html.trim()) return
  const field = document.activeElement
  const isTyping = old.contains(field) && field.matches('input, textarea, select')
  // Nothing is taken away from under someone's hands: it comes once they have left, and their click has landed.
  if (isTyping && !field.closest('[data-keep]')) {
    return field.addEventListener('blur', () => setTimeout(replace, 300, id, html), { once: true })
  }
  const fresh = document.createRange().createContextualFragment(html)
  // What someone is busy with moves over as it is: a list of uploads under way, an answer being read.
  for (const kept of old.querySelectorAll('[data-keep]')) fresh.getElementById(kept.id)?.replaceWith(kept)
  const focusId = old.contains(field) && field.id
  const openIds = [...old.querySelectorAll('details[open][id]')].map((it) => it.id)
  old.replaceWith(fresh)
  for (const openId of openIds) document.getElementById(openId)?.setAttribute('open', '')
  if (focusId) document.getElementById(focusId)?.focus({ preventScroll: true })
  window.htmx?.process(document.getElementById(id))
}

function append(id, html) {
  const list = document.getElementById(id)
  if (!list) return
  const isAtEnd = innerHeight + scrollY > document.documentElement.scrollHeight - 160
  const fresh = document.createElement('template')
  fresh.innerHTML = html
  for (const item of [...fresh.content.children]) {
    // A stream that was opened anew begins where the page began: what is there already stays as it is.
    if (item.id && document.getElementById(item.id)) continue
    list.append(item)
    window.htmx?.process(item)
  }
  if (isAtEnd) scrollTo({ top: document.documentElement.scrollHeight })
}
