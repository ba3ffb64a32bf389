import { describe, expect, it } from 'vitest'
import { findSmallTalk } from './small-talk.ts'

describe('findSmallTalk', () => {
  it.each([
    ['thanks', 'Thanks, have a nice day!'],
    ['thanks', 'thank you so much, that was very helpful 🙏'],
    ['thanks', 'Vielen Dank, schönen Abend noch!'],
    ['thanks', '¡Muchas gracias por todo!'],
    ['thanks', 'спасибо большое'],
    ['thanks', '谢谢'],
    ['thanks', 'ありがとうございます'],
    ['hello', 'Hi'],
    ['hello', 'morning Nora :)'],
    ['hello', "yo Kim, what's up"],
    ['hello', "Good morning Ada! lovely day isn't it"],
    ['thanks', 'thank you so much, sleep well!'],
    ['hello', 'Guten Morgen Paul!'],
    ['hello', 'good morning coach'],
    ['hello', 'Hello, how are you?'],
    ['hello', 'Bonjour !'],
    ['hello', 'नमस्ते'],
    ['bye', 'Bye, see you tomorrow'],
    ['bye', 'Tschüss und bis bald'],
    ['hello', '👋🏽'],
    ['thanks', '👍'],
    ['thanks', '🙏🏿 ❤️!'],
    ['wordless', '😭😭😭'],
    ['wordless', '...'],
    ['wordless', '???'],
  ])('hears %s in "%s"', (kind, message) => {
    expect(findSmallTalk(message)).toBe(kind)
  })

  it.each([
    'Hi, how much is the group programme?',
    'Thanks! And for students?',
    'Good morning routine',
    'morning Routine?',
    'Hello Prices?',
    'Hi Tom, how long is a lesson',
    'the morning',
    'morning',
    'morning or evening?',
    'How do I say goodbye to sugar?',
    'hallo wie viel kostet das',
    'What is the time?',
    '',
    ' ',
    '?1',
    '🤔 why?',
  ])('leaves "%s" a question', (message) => {
    expect(findSmallTalk(message)).toBeUndefined()
  })
})
