import { describe, expect, it } from 'vitest'
import { buildZip } from '../../testing/samples/documents.ts'
import { extractHere as read } from '../../testing/samples/extract-here.ts'
import { buildEpub, buildOle, buildXlsx } from '../../testing/samples/office.ts'

describe('what cannot be read', () => {
  it.each([
    ['a.doc', buildOle('Root Entry', 'WordDocument'), 'document.legacy_office'],
    ['a.ppt', buildOle('Root Entry', 'PowerPoint Document'), 'document.legacy_office'],
    ['a.xls', buildOle('Root Entry', 'Workbook'), 'document.legacy_office'],
    ['a.xlsx', buildOle('EncryptionInfo', 'EncryptedPackage'), 'document.encrypted'],
    ['a.msg', buildOle('Root Entry', '__nameid_version1.0'), 'document.unsupported_type'],
    ['a.zip', buildZip([{ name: 'a.md', content: '# A' }]), 'document.unsupported_type'],
    ['a.pptx', buildZip([{ name: 'ppt/presentation.xml', content: '<p/>' }]), 'document.unsupported_type'],
    ['half.xlsx', buildXlsx([{ name: 'A', rows: '' }]).subarray(0, 900), 'document.damaged'],
  ])('is refused with what to do instead: %s', async (name, content, code) => {
    await expect(read(name, content)).rejects.toMatchObject({ code })
  })

  it('is known by its content where the name is another', async () => {
    const book = buildXlsx([{ name: 'A', rows: '<row r="1"><c r="A1"><v>7</v></c></row>' }])

    expect((await read('a.docx', book)).mediaType).toMatch(/sheet$/)
    expect((await read('a.csv', '{\\rtf1 Hello}')).mediaType).toBe('application/rtf')
  })

  it.each([
    ['a workbook', 'xl/workbook.xml', 'spreadsheetml.sheet'],
    ['a deck', 'ppt/presentation.xml', 'presentationml.presentation'],
  ])('resolves no entity: %s', async (_, main, type) => {
    const container = buildZip([
      {
        name: '[Content_Types].xml',
        content: `<Types><Override PartName="/${main}" ContentType="application/vnd.openxmlformats-officedocument.${type}.main+xml"/></Types>`,
      },
      { name: main, content: '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>' },
    ])

    await expect(read('a', container)).rejects.toMatchObject({ code: 'document.damaged' })
  })

  it('expands no entity of a book that declares some', async () => {
    const laughs = `<!ENTITY a "ha"><!ENTITY b "${'&a;'.repeat(1_000)}">`
    const html = `<p>Quiet &b;</p>`
    const book = buildEpub([{ file: 'a.xhtml', html: `<!DOCTYPE html [${laughs}]>${html}` }])

    expect((await read('a.epub', book)).blocks.map(({ text }) => text).join('').length).toBeLessThan(10_000)
  })
})
