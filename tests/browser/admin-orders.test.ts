import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyOrderPayment } from '../../src/billing/orders/apply-payment.ts'
import { reserveOrder } from '../../src/billing/orders/reserve.ts'
import { addTestSubscriber } from '../../src/testing/builders/plan.ts'
import { addTestProduct, buildCheckout, buildPayment } from '../../src/testing/builders/product.ts'
import { buildPng } from '../../src/testing/samples/png.ts'
import {
  type AdminWorld,
  expectAccessible,
  expectNoSidewaysScroll,
  openAdminWorld,
  WIDTHS,
} from './admin-world.ts'
import { chromiumPath } from './chromium.ts'

const SHIPPING = {
  ...{ name: 'Ada Okafor', lines: ['12 Quiet Street'], city: 'Graz', postalCode: '8010' },
  ...{ state: '', country: 'AT' },
}

describe.skipIf(!chromiumPath)('products and orders in a browser (needs Chromium: set CHROMIUM_PATH)', () => {
  let world: AdminWorld

  beforeAll(async () => {
    world = await openAdminWorld()
  }, 180_000)
  afterAll(() => world?.[Symbol.asyncDispose]())

  it('puts a product with a photo on sale, at a phone’s width', async () => {
    await using opened = await world.page(390)
    const { page, visit, screenshot, complaints } = opened
    await visit(`/admin/bots/${world.test.bot.id}/money/products`)
    await screenshot('products-none')
    await page.getByRole('link', { name: 'Make the first product' }).click()
    await page.getByLabel('Name', { exact: true }).fill('The sleep kit')
    await page.getByLabel('Price', { exact: true }).fill('a lot')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Write a price').waitFor()
    await expectAccessible(page)
    await expectNoSidewaysScroll(page)
    await screenshot('product-refused')
    await page.getByLabel('Price', { exact: true }).fill('49')
    await page.getByLabel('Pieces left').fill('7')
    await page.getByRole('button', { name: 'Save' }).click()
    const photo = { name: 'kit.png', mimeType: 'image/png', buffer: buildPng(640, 400) }
    await page.getByLabel('Choose a photo').setInputFiles(photo)
    await page.getByRole('button', { name: 'Upload' }).click()
    await page.getByAltText('The photo of The sleep kit').waitFor()
    await expectAccessible(page)
    await expectNoSidewaysScroll(page)
    await screenshot('product')
    expect(complaints.filter((complaint) => !complaint.includes('422'))).toEqual([])
  }, 120_000)

  it.each(WIDTHS)(
    'shows what was bought, %i px wide',
    async (width) => {
      const orderId = await addOrder()
      const base = `/admin/bots/${world.test.bot.id}/money`
      await using opened = await world.page(width)
      const { page, visit, screenshot, complaints } = opened
      for (const path of ['/products', '/orders', `/orders/${orderId}`, '/shop']) {
        await visit(base + path)
        await expectAccessible(page)
        await expectNoSidewaysScroll(page)
        await screenshot(`orders${path.replace(orderId, 'one').replaceAll('/', '-')}`)
      }
      await page.getByLabel('Address of your shop').fill('https://shop.example.com/orders')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText(/^fh_/).or(page.getByText('Saved.')).first().waitFor()
      await expectAccessible(page)
      await expectNoSidewaysScroll(page)
      await screenshot('orders-shop-set')
      expect(complaints).toEqual([])
    },
    120_000,
  )

  async function addOrder(): Promise<string> {
    const { bot, app } = world.test
    const { db, vault } = app.installation
    const productId = await addTestProduct(db, bot, { name: 'A book about naps', isShipped: true, stock: 3 })
    const person = await addTestSubscriber(db, bot)
    return db.transaction().execute(async (trx) => {
      const request = { productId, subscriberId: person.subscriberId, chatId: person.id }
      const { orderId } = await reserveOrder(trx, request)
      const checkout = buildCheckout({ shipping: SHIPPING })
      await applyOrderPayment(trx, { orderId, payment: buildPayment(), checkout, vault })
      return orderId
    })
  }
})
