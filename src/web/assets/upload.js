// Files dropped on a `<form data-drop>` or chosen in it, each is sent by itself and shown in the form's `.uploads`.
// When all are done the form hears `uploaded`; with `data-after` and no failure the page of that address follows.

const MAX_FILES = 1_000
const AT_ONCE = 2

document.addEventListener('dragover', (event) => {
  const form = event.target.closest?.('[data-drop]')
  if (!form) return
  event.preventDefault()
  form.classList.add('is-over')
})
document.addEventListener('dragleave', (event) => {
  const form = event.target.closest?.('[data-drop]')
  if (form && !form.contains(event.relatedTarget)) form.classList.remove('is-over')
})
document.addEventListener('drop', async (event) => {
  const form = event.target.closest?.('[data-drop]')
  if (!form) return
  event.preventDefault()
  form.classList.remove('is-over')
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean)
  const files = entries.length ? (await Promise.all(entries.map(walk))).flat() : [...event.dataTransfer.files]
  upload(form, files)
})
document.addEventListener('change', ({ target }) => {
  const form = target.closest('[data-drop]')
  if (!form || target.type !== 'file') return
  upload(form, [...target.files])
  target.value = ''
})
for (const button of document.querySelectorAll('[data-drop] [data-without-script]')) button.hidden = true

/** The files below a dropped file or folder, each with its `path`; what begins with a dot is no one's document. */
async function walk(entry) {
  if (entry.name.startsWith('.')) return []
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject))
    file.path = entry.fullPath.slice(1)
    return [file]
  }
  const reader = entry.createReader()
  const found = []
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0 || found.length > MAX_FILES) return found
    found.push(...(await Promise.all(some.map(walk))).flat())
  }
}

async function upload(form, files) {
  const queue = files.slice(0, MAX_FILES).map((file) => ({ file, row: showRow(form, file) }))
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await send(form, next.file, next.row)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  form.dispatchEvent(new CustomEvent('uploaded', { bubbles: true }))
  if (form.dataset.after && !form.querySelector('.uploads .field-error')) location.assign(form.dataset.after)
}

function showRow(form, file) {
  const row = document.createElement('li')
  const [name, state, bar] = ['span', 'span', 'progress'].map((tag) => document.createElement(tag))
  name.textContent = file.path ?? (file.webkitRelativePath || file.name)
  name.className = 'clip'
  state.className = 'meta'
  state.setAttribute('role', 'status')
  state.textContent = 'Waiting'
  bar.max = 1
  bar.value = 0
  bar.setAttribute('aria-label', `Upload of ${name.textContent}`)
  row.append(name, state, bar)
  const list = form.querySelector('.uploads') ?? form.appendChild(document.createElement('ul'))
  list.className = 'uploads'
  list.append(row)
  return { row, state, bar, path: name.textContent }
}

function send(form, file, { row, state, bar, path }) {
  const body = new FormData()
  for (const { name, value } of form.querySelectorAll('input[type=hidden]')) body.append(name, value)
  body.append('path', path)
  body.append(form.querySelector('input[type=file]').name, file, file.name)
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.open('POST', form.action)
    request.setRequestHeader('X-CSRF-Token', document.body.dataset.csrf)
    request.setRequestHeader('Accept', 'application/json')
    request.upload.onprogress = ({ loaded, total }) => {
      bar.value = loaded / total
      state.textContent = loaded < total ? `${Math.round((loaded / total) * 100)} %` : 'Arriving'
    }
    request.onload = request.onerror = () => {
      const isGood = request.status >= 200 && request.status < 400
      // Some pages show at once what has arrived: there the row has served.
      if (isGood && form.hasAttribute('data-brief')) row.remove()
      bar.remove()
      state.textContent = isGood ? 'Uploaded' : 'Not uploaded'
      if (!isGood)
        row.append(
          Object.assign(document.createElement('p'), { className: 'field-error', textContent: why(request) }),
        )
      // Of a zip some files may have been taken and others not.
      else for (const { name, message } of listRefused(request)) row.append(sayRefused(name, message))
      resolve()
    }
    request.send(body)
  })
}

function listRefused({ responseText }) {
  try {
    return JSON.parse(responseText).refused ?? []
  } catch {
    return []
  }
}

function sayRefused(name, message) {
  const line = document.createElement('p')
  line.className = 'field-error'
  line.textContent = name ? `${name}: ${message}` : message
  return line
}

function why({ status, responseText }) {
  try {
    return JSON.parse(responseText).error.message
  } catch {
    return status ? 'The server could not take it. Try again.' : 'The connection broke. Try again.'
  }
}
