import { describe, expect, it } from 'vitest'
import { extractHere as read } from '../../testing/samples/extract-here.ts'

describe('captions made by machines', () => {
  it('say once what rolls up the screen', async () => {
    const { blocks } = await read(
      'talk.vtt',
      'WEBVTT\n\n00:00.000 --> 00:02.000 align:start\n \nso<00:00.300><c> the first thing</c>\n\n' +
        '00:02.000 --> 00:02.010\nso the first thing\n \n\n00:02.010 --> 00:04.000\nso the first thing\nyou<c> do is breathe</c>\n\n' +
        '00:04.000 --> 00:04.010\nyou do is breathe\n \n\n00:09.000 --> 00:10.000\nyou do is breathe\n',
    )

    expect(blocks.map(({ text }) => text)).toEqual([
      'so the first thing you do is breathe',
      'you do is breathe',
    ])
  })

  it('are subtitles without numbers too', async () => {
    const { blocks } = await read(
      'a.srt',
      '00:00:01,000 --> 00:00:02,000\nEins.\n\n00:01:01,000 --> 00:01:02,500\nZwei.',
    )

    expect(blocks.map(({ kind, text }) => `${kind} ${text}`)).toEqual(['cue Eins.', 'cue Zwei.'])
  })
})
