import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

/** A mail as it came over the wire. */
export interface SmtpMail {
  from: string
  to: string[]
  /** Headers and body, undecoded. */
  raw: string
}

/** What the server does instead of its part. */
export type SmtpTrouble =
  | { at: 'greeting' | 'mail' | 'rcpt' | 'data' | 'end'; answer: string }
  | { at: 'end'; break: 'reset'; isTaken?: boolean }

export interface SmtpStandIn extends AsyncDisposable {
  url: string
  mails: SmtpMail[]
  failNext(trouble: SmtpTrouble): void
}

/** An SMTP server on loopback: as much of RFC 5321 as a client needs to hand over a mail. */
export async function startSmtpStandIn(): Promise<SmtpStandIn> {
  const mails: SmtpMail[] = []
  const sockets = new Set<Socket>()
  let trouble: SmtpTrouble | undefined
  const takeTrouble = (at: SmtpTrouble['at']) => {
    if (trouble?.at !== at) return undefined
    const taken = trouble
    trouble = undefined
    return taken
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    talk(socket, mails, takeTrouble)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    failNext: (planned) => {
      trouble = planned
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function talk(
  socket: Socket,
  mails: SmtpMail[],
  takeTrouble: (at: SmtpTrouble['at']) => SmtpTrouble | undefined,
): void {
  let mail: SmtpMail = { from: '', to: [], raw: '' }
  let isData = false
  let buffered = ''
  const say = (line: string) => socket.write(`${line}\r\n`)
  /** True when the step went wrong as planned. */
  const meets = (at: SmtpTrouble['at']) => {
    const trouble = takeTrouble(at)
    if (!trouble) return false
    if ('answer' in trouble) say(trouble.answer)
    else {
      if (trouble.isTaken) mails.push(mail)
      socket.resetAndDestroy()
    }
    return true
  }

  if (!meets('greeting')) say('220 stand-in ESMTP')
  socket.on('data', (chunk) => {
    buffered += chunk.toString('latin1')
    for (;;) {
      const end = isData ? buffered.indexOf('\r\n.\r\n') : buffered.indexOf('\r\n')
      if (end === -1) return
      const part = buffered.slice(0, end)
      buffered = buffered.slice(end + (isData ? 5 : 2))
      if (isData) takeText(part)
      else takeLine(part)
    }
  })

  function takeText(raw: string): void {
    isData = false
    mail.raw = raw
    if (meets('end')) return
    mails.push(mail)
    mail = { from: '', to: [], raw: '' }
    say('250 taken')
  }

  function takeLine(line: string): void {
    const [, address = ''] = /<([^>]*)>/.exec(line) ?? []
    if (/^EHLO/i.test(line)) say('250 stand-in')
    else if (/^MAIL FROM/i.test(line)) {
      mail.from = address
      if (!meets('mail')) say('250 ok')
    } else if (/^RCPT TO/i.test(line)) {
      mail.to.push(address)
      if (!meets('rcpt')) say('250 ok')
    } else if (/^DATA/i.test(line)) {
      if (meets('data')) return
      isData = true
      say('354 go on')
    } else if (/^QUIT/i.test(line)) {
      say('221 bye')
      socket.end()
    } else say('250 ok')
  }
}
