// How much a page pays for each part. A phone's part must stay tiny, so its size is a limit and not only a number.
import { gzipSync } from 'node:zlib'
import { bundle } from './bundle.mjs'

const PHONE_BYTES_MAX = 3 * 1024

const gzipped = async (file) => gzipSync(await bundle(file)).length
const [phone, verifier] = [await gzipped('src/device.ts'), await gzipped('src/index.ts')]
console.log(`gzip: phone ${phone} bytes (at most ${PHONE_BYTES_MAX}), verifier with its curves ${verifier} bytes`)
if (phone > PHONE_BYTES_MAX) {
  console.error(
    'The phone’s part grew: take out what only a reader needs. 手机部分超出上限，请移除只有验码端才需要的内容。',
  )
  process.exit(1)
}
