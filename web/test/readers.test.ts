// The fingerprint of a root key: what two people compare aloud.
import { expect, test } from 'vitest'
import { fingerprintOf, grouped } from '@/admin/readers/fingerprint'

test('the fingerprint is the first 16 bytes of SHA-256 of the key, in groups of four', async () => {
  // SHA-256("abc"), FIPS 180-4: ba7816bf 8f01cfea 414140de 5dae2223 …
  expect(await fingerprintOf('616263')).toBe('ba78 16bf 8f01 cfea 4141 40de 5dae 2223')
})

test('without hashes in the browser, or of what is no key, there is none', async () => {
  expect(await fingerprintOf('616263', null as never)).toBeNull()
  expect(await fingerprintOf('6162x3')).toBeNull()
  expect(await fingerprintOf('')).toBeNull()
})

test('a key is shown in groups', () => {
  expect(grouped('0123456789')).toBe('0123 4567 89')
})
