/** RFC 5321: longer ones cannot be delivered. */
const MAX_EMAIL = 254

/** One @, a dot behind it, nothing that could end a mail's header line. What else is right, the mail itself proves. */
const EMAIL = /^[^\s@<>()[\],;:"\\]{1,64}@[^\s@<>()[\],;:"\\]+\.[^\s@<>()[\],;:"\\.]{2,63}$/

/** An address as it is kept and compared: in lower case, composed. `undefined` where it cannot be one. */
export function readEmail(text: string): string | undefined {
  const email = text.trim().normalize('NFC').toLowerCase()
  return email.length <= MAX_EMAIL && EMAIL.test(email) ? email : undefined
}
