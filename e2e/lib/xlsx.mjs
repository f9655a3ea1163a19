// An Excel file as a person sees it: the rows of its first sheet. Reads the container and the sheet on its own.
import { inflateRawSync } from 'node:zlib'

export function rowsOf(file) {
  const parts = unzip(file)
  const shared = [...(parts.get('xl/sharedStrings.xml') ?? '').matchAll(/<si>(.*?)<\/si>/gs)].map(([, of]) =>
    plain(of),
  )
  const sheet = parts.get('xl/worksheets/sheet1.xml')
  return [...sheet.matchAll(/<row [^>]*>(.*?)<\/row>/gs)].map(([, row]) => {
    const cells = []
    for (const [, how, cell = ''] of row.matchAll(/<c ([^>]*?)(?:\/>|>(.*?)<\/c>)/gs)) {
      // Cells that hold nothing are not written: the letter says which one this is.
      const column = how.match(/r="([A-Z])\d+"/)[1].charCodeAt(0) - 65
      const value = /<v>(.*?)<\/v>/s.exec(cell)?.[1] ?? ''
      if (/t="s"/.test(how)) cells[column] = shared[Number(value)]
      else cells[column] = /t="(inlineStr|str)"/.test(how) ? plain(cell) : Number(value)
    }
    return cells
  })
}

function plain(xml) {
  const signs = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return xml.replace(/<[^>]+>/g, '').replace(/&(\w+);/g, (_, name) => signs[name] ?? '')
}

/** By the directory at its end: names and whole texts. */
function unzip(file) {
  const end = file.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  if (end < 0) throw new Error('not an Excel file')
  const found = new Map()
  let at = file.readUInt32LE(end + 16)
  for (let n = file.readUInt16LE(end + 10); n > 0; n -= 1) {
    const [how, long, name, extra, note] = [10, 20, 28, 30, 32].map((by) =>
      by === 20 ? file.readUInt32LE(at + by) : file.readUInt16LE(at + by),
    )
    const local = file.readUInt32LE(at + 42)
    const from = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28)
    const bytes = file.subarray(from, from + long)
    found.set(
      file.toString('utf8', at + 46, at + 46 + name),
      (how ? inflateRawSync(bytes) : bytes).toString('utf8'),
    )
    at += 46 + name + extra + note
  }
  return found
}
