import { expect, it } from 'vitest'
import { remembered } from './remembered.ts'

it('reads a text once while it is asked for, and forgets the one asked for longest ago', () => {
  const read: string[] = []
  const lengthOf = remembered((text) => {
    read.push(text)
    return text.length
  }, 2)
  expect([lengthOf('one'), lengthOf('three'), lengthOf('one'), lengthOf('seven!')]).toEqual([3, 5, 3, 6])
  expect(read).toEqual(['one', 'three', 'seven!'])
  expect(lengthOf('one')).toBe(3)
  expect(read).toHaveLength(3)
  expect(lengthOf('three')).toBe(5)
  expect(read).toHaveLength(4)
})
