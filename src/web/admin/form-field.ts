/** A field of a form, at most `maxLength` long; '' where there is none. */
export function readField(body: unknown, name: string, maxLength = 400): string {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return ''
  const value: unknown = Reflect.get(body, name)
  return typeof value === 'string' ? value.slice(0, maxLength) : ''
}
