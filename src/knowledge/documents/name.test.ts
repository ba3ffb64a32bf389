import { describe, expect, it } from 'vitest'
import { presentFileName, readDocumentName } from './name.ts'

describe('readDocumentName', () => {
  it.each([
    ['guide.pdf', 'guide.pdf'],
    ['folder/guide.pdf', 'folder/guide.pdf'],
    ['Führer durch Köln.md', 'Führer durch Köln.md'],
    ['Fu\u0308hrer.md', 'Führer.md'],
    ['睡眠/昼寝.txt', '睡眠/昼寝.txt'],
    ['می\u200cخواهم.txt', 'می\u200cخواهم.txt'],
    ['👩\u200d🏫.md', '👩\u200d🏫.md'],
    ['../../../etc/passwd', 'etc/passwd'],
    ['..\\..\\windows\\system32\\cmd.exe', 'windows/system32/cmd.exe'],
    ['C:\\Users\\me\\a.txt', 'Users/me/a.txt'],
    ['//server/share/a.txt', 'server/share/a.txt'],
    ['/etc/shadow', 'etc/shadow'],
    ['a/./b/../../c.md', 'a/b/c.md'],
    ['....//....//a.md', 'a.md'],
    ['.htaccess', 'htaccess'],
    ['a.md\u0000.exe', 'a.md.exe'],
    ['a\r\nSet-Cookie: x=y.md', 'aSet-Cookie: x=y.md'],
    ['evil\u202Egpj.exe', 'evilgpj.exe'],
    ['\ufeffa\u200b.md', 'a.md'],
    ['  spaced   out .md  ', 'spaced out .md'],
    ['half \ud800 pair.md', 'half \ufffd pair.md'],
    ['trailing dots...', 'trailing dots'],
  ])('makes %j %j', (given, name) => {
    expect(readDocumentName(given)).toBe(name)
  })

  it.each([
    ['nothing', ''],
    ['dots alone', '../..'],
    ['what cannot be seen', '\u200b\u0000\u202e'],
    ['a drive', 'C:\\'],
    ['a long step', `${'a'.repeat(201)}.md`],
    ['a long name', Array.from({ length: 5 }, () => '睡'.repeat(40)).join('/')],
    ['many folders', `${'a/'.repeat(9)}b.md`],
    ['a megabyte', 'a'.repeat(1_000_000)],
  ])('refuses %s', (_what, given) => {
    expect(() => readDocumentName(given)).toThrow(expect.objectContaining({ code: 'document.name_invalid' }))
  })

  it('gives its own result back unchanged', () => {
    const name = readDocumentName('a/../b\u202e//c .md')
    expect(readDocumentName(name)).toBe(name)
  })
})

describe('presentFileName', () => {
  it.each([
    ['folder/guide.pdf', 'guide.pdf'],
    ['\r\n\u0000', 'file'],
    ['../..', 'file'],
    [`${'👩'.repeat(100)}`, '👩'.repeat(80)],
  ])('calls %j %j', (given, shown) => {
    expect(presentFileName(given)).toBe(shown)
  })
})
