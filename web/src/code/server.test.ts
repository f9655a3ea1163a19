import { expect, test } from 'vitest'
import { newDeviceKey } from '@yitong/code/device'
import { fromBase64, proof, toBase64 } from './server'

test('a proof signs the name, the id and the moment', async () => {
  const pair = await newDeviceKey()
  const at = 1_795_492_800_123
  const signature = fromBase64(await proof(pair.privateKey, '01a20bb6-0158-7ba8-bf0c-a6c968dc8eef', at))
  const named = new TextEncoder().encode('C1\0refresh\0')
  const moment = Array.from({ length: 8 }, (_, i) => Number((BigInt(at) >> BigInt(56 - 8 * i)) & 0xffn))
  const id = [0x01, 0xa2, 0x0b, 0xb6, 0x01, 0x58, 0x7b, 0xa8, 0xbf, 0x0c, 0xa6, 0xc9, 0x68, 0xdc, 0x8e, 0xef]
  const message = Uint8Array.from([...named, ...id, ...moment])
  const how = { name: 'ECDSA', hash: 'SHA-256' }
  expect(await crypto.subtle.verify(how, pair.publicKey, signature, message)).toBe(true)
  message[message.length - 1]! ^= 1
  expect(await crypto.subtle.verify(how, pair.publicKey, signature, message)).toBe(false)
})

test('bytes survive base64', () => {
  const bytes = Uint8Array.from({ length: 118 }, (_, i) => (i * 37) & 0xff)
  expect([...fromBase64(toBase64(bytes))]).toEqual([...bytes])
})
