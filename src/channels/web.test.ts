import { describe, expect, it } from 'vitest'
import type { OutgoingPart, Progress } from './channel.ts'
import { createWebChannel, type WebChat } from './web.ts'

const CONNECTION: OutgoingPart['connection'] = {
  id: 'c1',
  creatorId: 'creator',
  botId: 'bot',
  channel: 'web',
  externalId: 'doorstep',
  credentials: {},
}

function buildPart(chatKey = 'visitor'): OutgoingPart {
  const { signal } = new AbortController()
  return { partId: 'p1', chatKey, payload: { text: 'So.' }, connection: CONNECTION, signal }
}

function buildProgress(markdown: string, chatKey = 'visitor'): Progress {
  return { connection: CONNECTION, chatKey, draftId: 1, markdown }
}

/** A feed that only writes down what it is told. */
function openFakeFeed() {
  const announced: WebChat[] = []
  const drafts: string[] = []
  return {
    announced,
    drafts,
    announceMessage: async (chat: WebChat) => {
      announced.push(chat)
    },
    publishDraft: async ({ chatKey }: WebChat, markdown: string) => {
      drafts.push(`${chatKey}: ${markdown}`)
    },
  }
}

describe('the web channel', () => {
  it('renders a message as one Part: its text, and safe HTML', () => {
    const channel = createWebChannel(openFakeFeed())

    const parts = channel.render({ markdown: '**So** <script>', citations: [], buttons: [] })

    expect(parts).toEqual([
      { text: '**So** <script>', html: '<p dir="auto"><strong>So</strong> &lt;script&gt;</p>' },
    ])
  })

  it('sends by telling open pages', async () => {
    const feed = openFakeFeed()

    const sent = await createWebChannel(feed).send(buildPart())

    expect(sent).toEqual({ vendorMessageId: 'p1' })
    expect(feed.announced).toEqual([{ botId: 'bot', channel: 'web', chatKey: 'visitor' }])
  })

  it('reports a feed that is away as a send that may be repeated', async () => {
    const channel = createWebChannel({
      ...openFakeFeed(),
      announceMessage: () => Promise.reject(new Error('away')),
    })

    await expect(channel.send(buildPart())).rejects.toMatchObject({
      code: 'channel.unreachable',
      retryable: true,
    })
  })

  it('paces the drafts of a chat, and not those of another or of the next answer', async () => {
    const feed = openFakeFeed()
    let now = 0
    const channel = createWebChannel(feed, () => now)

    await channel.showProgress(buildProgress(''))
    await channel.showProgress(buildProgress('a'))
    now = 100
    await channel.showProgress(buildProgress('ab'))
    await channel.showProgress(buildProgress('b', 'other'))
    now = 130
    await channel.showProgress(buildProgress('abc'))
    await channel.send(buildPart())
    await channel.showProgress(buildProgress('next'))

    expect(feed.drafts).toEqual(['visitor: ', 'visitor: a', 'other: b', 'visitor: abc', 'visitor: next'])
  })

  it('never fails over a draft', async () => {
    const channel = createWebChannel({
      ...openFakeFeed(),
      publishDraft: () => Promise.reject(new Error('away')),
    })

    await expect(channel.showProgress(buildProgress('a'))).resolves.toBeUndefined()
  })
})
