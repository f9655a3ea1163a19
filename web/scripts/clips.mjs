// Makes the spoken words of the counter: one sprite (clips.ogg) and where each word lies in it (clips.json).
//   node scripts/clips.mjs                  speaks them with espeak-ng (needs espeak-ng and ffmpeg)
//   node scripts/clips.mjs --from FOLDER    takes FOLDER/<word>.wav where a person recorded one, and speaks the rest
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('../src/kiosk/clips/', import.meta.url))
/** A kiosk fetches it at its start, over loopback; the agent carries it in its binary. */
const BYTES_MAX = 120_000
const RATE = 24_000
/** A decoder blends neighbouring frames: what is cut out of the sprite must not hear the next word. */
const GAP_MS = 60

/** Each word and how it is said. In pinyin, since the dictionary that Debian packs knows few characters. */
const WORDS = {
  0: 'ling2',
  1: 'yi1',
  2: 'er4',
  3: 'san1',
  4: 'si4',
  5: 'wu3',
  6: 'liu4',
  7: 'qi1',
  8: 'ba1',
  9: 'jiu3',
  十: 'shi2',
  百: 'bai3',
  千: 'qian1',
  万: 'wan4',
  两: 'liang3',
  点: 'dian3',
  元: 'yuan2',
  份: 'fen4',
  收款成功: 'shou1 kuan3 cheng2 gong1',
  离线收款: 'li2 xian4 shou1 kuan3',
  核验成功: 'he2 yan4 cheng2 gong1',
  已撤销: 'yi3 che4 xiao1',
  余额: 'yu2 e2',
  余额不足: 'yu2 e2 bu4 zu2',
  延迟扣款: 'yan2 chi2 kou4 kuan3',
  请出示: 'qing3 chu1 shi4',
  请稍候: 'qing3 shao1 hou4',
  请重试: 'qing3 chong2 shi4',
  请找收银员: 'qing3 zhao3 shou1 yin2 yuan2',
  请勿重复: 'qing3 wu4 chong2 fu4',
  请选餐次: 'qing3 xuan3 can1 ci4',
  已挂失: 'yi3 gua4 shi1',
  已停用: 'yi3 ting2 yong4',
  码已过期: 'ma3 yi3 guo4 qi1',
  无效码: 'wu2 xiao4 ma3',
  超出限额: 'chao1 chu1 xian4 e2',
  不在餐次: 'bu2 zai4 can1 ci4',
  已取消: 'yi3 qu3 xiao1',
  谢谢: 'xie4 xie4',
}

const ffmpeg = (args, input) =>
  execFileSync('ffmpeg', ['-hide_banner', '-v', 'error', ...args], { input, maxBuffer: 1 << 28 })

/** The word alone as samples: silence cut off on both sides, as loud as the others. */
function samples(word, said, folder, from) {
  const recorded = from && join(from, `${word}.wav`)
  let file = recorded
  if (!recorded || !existsSync(recorded)) {
    file = join(folder, 'word.wav')
    execFileSync('espeak-ng', ['-v', 'cmn-latn-pinyin', '-s', '175', '-a', '180', '-w', file, said])
  }
  const cut = 'silenceremove=start_periods=1:start_threshold=-42dB'
  const raw = ['-ac', '1', '-ar', String(RATE), '-f', 's16le', '-']
  const pcm = ffmpeg(['-i', file, '-af', `highpass=f=120,${cut},areverse,${cut},areverse`, ...raw])
  return loud(new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + (pcm.byteLength & ~1))))
}

/** Peak to 90 %: a hall is loud, and no word may be lost beside another. */
function loud(pcm) {
  const peak = pcm.reduce((most, of) => Math.max(most, Math.abs(of)), 1)
  return pcm.map((of) => Math.round((of * 29_490) / peak))
}

function make(from) {
  const folder = mkdtempSync(join(tmpdir(), 'clips-'))
  try {
    const gap = new Int16Array((RATE * GAP_MS) / 1000)
    const parts = [gap]
    const index = {}
    let at = gap.length
    for (const [word, said] of Object.entries(WORDS)) {
      const pcm = samples(word, said, folder, from)
      index[word] = [Math.floor((at * 1000) / RATE), Math.ceil((pcm.length * 1000) / RATE)]
      parts.push(pcm, gap)
      at += pcm.length + gap.length
    }
    const pcm = Buffer.concat(parts.map((of) => Buffer.from(of.buffer, of.byteOffset, of.byteLength)))
    const raw = ['-f', 's16le', '-ar', String(RATE), '-ac', '1', '-i', '-']
    // Bit-exact: the same words give the same file, so that git sees a change only where there is one.
    const opus = [
      '-c:a',
      'libopus',
      '-b:a',
      '24k',
      '-application',
      'voip',
      '-fflags',
      '+bitexact',
      '-flags',
      '+bitexact',
    ]
    ffmpeg([...raw, ...opus, '-serial_offset', '1', '-y', join(HERE, 'clips.ogg')], pcm)
    const lines = Object.entries(index).map(([word, place]) => `  ${JSON.stringify(word)}: [${place.join(', ')}]`)
    writeFileSync(join(HERE, 'clips.json'), `{\n${lines.join(',\n')}\n}\n`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const at = process.argv.indexOf('--from')
make(at > 0 ? process.argv[at + 1] : null)
const bytes = statSync(join(HERE, 'clips.ogg')).size
const words = Object.keys(JSON.parse(readFileSync(join(HERE, 'clips.json'), 'utf8'))).length
console.log(`${words} words, ${bytes} bytes`)
if (bytes > BYTES_MAX) throw new Error(`more than ${BYTES_MAX} bytes: say less, or take a lower rate`)
