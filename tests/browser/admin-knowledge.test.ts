import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPdf, pdfText } from '../../src/testing/samples/documents.ts'
import {
  type AdminWorld,
  expectAccessible,
  expectNoSidewaysScroll,
  openAdminWorld,
  WIDTHS,
} from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

const GUIDE = [
  '## Bells',
  'The harbour bell rings at nine in the morning and again at dusk, when the ferries are back.',
  '## Lanterns',
  'Each lantern on the east pier is painted vermilion. The keeper trims the wicks on Mondays.',
  ...Array.from(
    { length: 40 },
    (_, at) =>
      `Buoy number ${at + 1} lies ${at * 12 + 40} metres off the pier and carries a small light of its own.`,
  ),
].join('\n\n')

describe.skipIf(!chromiumPath)('the material of a bot (skipped without a Chromium)', () => {
  let world: AdminWorld
  let base: string
  beforeAll(async () => {
    world = await openAdminWorld({ env: { UPLOAD_MAX_BYTES: '300000' } })
    base = `/admin/bots/${world.test.bot.id}/knowledge`
  })
  afterAll(() => world?.[Symbol.asyncDispose]())

  it.each(WIDTHS)('takes files in, shows what it reads and what it finds, at %i px', async (width) => {
    await using admin = await world.page(width)
    const { page, complaints } = admin
    const pdf = buildPdf([
      {
        content: pdfText(['Tides', 'High water comes twelve hours and twenty-five minutes later each time.']),
      },
      { content: pdfText(['Spring tides follow the full moon by two days.']) },
    ])

    await admin.visit(base)
    expect(await admin.bytes()).toBeLessThan(150_000)
    await expectAccessible(page)
    await page.getByLabel('Files', { exact: true }).setInputFiles([
      {
        name: `harbour-guide-${width}.md`,
        mimeType: 'text/markdown',
        buffer: Buffer.from(`# The harbour at ${width}\n\n${GUIDE}`),
      },
      {
        name: `tides-${width}.pdf`,
        mimeType: 'application/pdf',
        buffer: Buffer.concat([pdf, Buffer.from(`%${width}`)]),
      },
      { name: `too-large-${width}.txt`, mimeType: 'text/plain', buffer: Buffer.alloc(300_001, 'a') },
    ])
    const large = page.locator('.uploads li', { hasText: `too-large-${width}.txt` })
    await large.getByText('larger than allowed').waitFor()
    await page
      .locator('.uploads li', { hasText: `tides-${width}.pdf` })
      .getByText('Uploaded')
      .waitFor()
    await page
      .locator('.uploads li', { hasText: `harbour-guide-${width}.md` })
      .getByText('Uploaded')
      .waitFor()
    await expectAccessible(page)
    await admin.screenshot('knowledge-uploads')

    // No reload: the list follows by itself.
    const row = page.locator('#documents li', { hasText: `harbour-guide-${width}.md` })
    await row.getByText('Ready').waitFor({ timeout: 30_000 })
    await page
      .locator('#documents li', { hasText: `tides-${width}.pdf` })
      .getByText('Ready')
      .waitFor()
    await expectAccessible(page)
    await expectNoSidewaysScroll(page)
    await admin.screenshot('knowledge-list')

    await row.getByRole('link', { name: `The harbour at ${width}` }).click()
    await page.getByRole('heading', { name: 'What the bot reads' }).waitFor()
    await page.getByText('painted vermilion').waitFor()
    await page.getByLabel('Tags').fill('Harbour, Guides')
    await page.getByRole('button', { name: 'Save tags' }).click()
    await page.getByText('Saved.').waitFor()
    await expectAccessible(page)
    await expectNoSidewaysScroll(page)
    await admin.screenshot('knowledge-document')

    await page.getByRole('link', { name: 'Material' }).first().click()
    await page.getByRole('link', { name: 'See what it finds' }).click()
    await page.getByLabel('Question').fill('What colour are the lanterns on the pier?')
    await page.getByRole('button', { name: 'Search' }).click()
    const fused = page.getByRole('region', { name: 'What the bot gets' })
    await fused.getByText('The whole passage').first().click()
    await fused.getByText('vermilion').first().waitFor()
    await expectAccessible(page)
    await expectNoSidewaysScroll(page)
    await admin.screenshot('knowledge-search')

    await page.goBack()
    await page.goBack()
    await row.getByRole('link').click()
    await page.getByText('Delete…').click()
    await page.getByRole('button', { name: 'Delete this document' }).click()
    await page.getByText('Deleted.').waitFor()
    expect(await row.count()).toBe(0)
    // The file that was too large is refused with 413, which a browser writes down.
    expect(complaints.filter((line) => !line.includes('413'))).toEqual([])
  })
})
