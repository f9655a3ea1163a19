// Writes a .gz and a .br beside every file of the build that gets smaller: the server sends what the browser takes.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const TEXT = /\.(html|js|css|svg|json|wasm|webmanifest)$/
const LARGE = 300 * 1024

function walk(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) walk(path)
    else if (TEXT.test(name)) compress(path)
  }
}

function compress(path) {
  const bytes = readFileSync(path)
  // The highest quality costs minutes on a large file and gains a few per cent.
  const quality = bytes.length > LARGE ? 9 : 11
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }))
}

walk(new URL('../dist', import.meta.url).pathname)
