// The other direction: what our connectors send is verified with wechatpay-axios-plugin and with node's own
// cryptography, which share no code with ours; then the sandbox has to take the same bytes.

import { execFileSync } from 'node:child_process'
import { createHash, createHmac, createVerify, X509Certificate } from 'node:crypto'
import { dirname, join } from 'node:path'
import axiosPlugin from 'wechatpay-axios-plugin'
import { check, done, receiver, sandbox } from './kit.mjs'

const { Formatter, Rsa } = axiosPlugin

const world = await sandbox()
const inbox = await receiver(() => ({ status: 200, body: 'success' }))
const emit = join(dirname(process.argv[2]), 'emit')
const emitted = JSON.parse(execFileSync(emit, [world.folder, world.address, inbox.url], { encoding: 'utf8' }))
const { wechat, alipay, unionpay, chinaums } = world.settings

const publicOf = (privateKey) => ({ key: privateKey, format: 'pem' })
const verifies = (text, signature, key) => createVerify('RSA-SHA256').update(text).verify(key, signature, 'base64')
/** Sorted by name, without what is empty or left out. */
const joined = (fields, ...without) =>
  [...fields]
    .filter(([name, value]) => value !== '' && !without.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
const sha256 = (text) => createHash('sha256').update(text).digest('hex')

const judges = {
  wechat({ method, path, headers, body }) {
    const parts = Object.fromEntries(
      headers.authorization.replace('WECHATPAY2-SHA256-RSA2048 ', '').split(',').map((part) => {
        const [, name, value] = part.match(/^(\w+)="(.*)"$/)
        return [name, value]
      }),
    )
    const text = Formatter.request(method, path, parts.timestamp, parts.nonce_str, body)
    check('its merchant and serial', parts.mchid === wechat.mchid && parts.serial_no === wechat.signing[0].serial)
    check('it asks for the key that signs', headers['wechatpay-serial'].startsWith('PUB_KEY_ID_'))
    return Rsa.verify(text, parts.signature, publicOf(wechat.signing[0].private_key)) && !Rsa.verify(`${text}x`, parts.signature, publicOf(wechat.signing[0].private_key))
  },
  alipay({ url, body }) {
    const fields = [...new URL(url).searchParams, ...new URLSearchParams(body)]
    const sign = fields.find(([name]) => name === 'sign')[1]
    return verifies(joined(fields, 'sign'), sign, publicOf(alipay.signing[0].private_key))
  },
  unionpay({ body }) {
    const fields = new URLSearchParams(body)
    check('its certificate', fields.get('certId') === unionpay.signing[0].cert_id)
    const hex = sha256(joined(fields, 'signature'))
    return verifies(hex, fields.get('signature'), publicOf(unionpay.signing[0].private_key))
  },
  chinaums({ url, headers, body }) {
    const query = new URL(url).searchParams
    const inAddress = query.get('authorization') === 'OPEN-FORM-PARAM'
    const header = inAddress
      ? { AppId: query.get('appId'), Timestamp: query.get('timestamp'), Nonce: query.get('nonce'), Signature: query.get('signature') }
      : Object.fromEntries([...headers.authorization.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
    const text = header.AppId + header.Timestamp + header.Nonce + sha256(inAddress ? query.get('content') : body)
    return createHmac('sha256', chinaums.app_keys[0]).update(text).digest('base64') === header.Signature
  },
}
judges.alipay_by_certificate = (call) => {
  const query = new URL(call.url).searchParams
  // Written by the book: the issuer from its last part to its first, then the serial, decimal.
  const sn = (pem) => {
    const { issuer, serialNumber } = new X509Certificate(pem)
    const name = issuer.split('\n').reverse().join(',')
    return createHash('md5').update(name + BigInt(`0x${serialNumber}`)).digest('hex')
  }
  check('the certificate of the application', query.get('app_cert_sn') === sn(world.settings.alipay_by_certificate.signing[0].certificate))
  check('the root', query.get('alipay_root_cert_sn') === sn(world.settings.alipay_by_certificate.root_certificates))
  return judges.alipay(call)
}

/** An answer of UnionPay brings its certificate: the chain first, then the signature. */
function answerOfUnionPay(text) {
  const fields = text.split('&').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])
  const of = Object.fromEntries(fields)
  const leaf = new X509Certificate(of.signPubKeyCert)
  const [middle, root] = [new X509Certificate(unionpay.middle[0]), new X509Certificate(unionpay.root[0])]
  check('the chain holds', leaf.verify(middle.publicKey) && middle.verify(root.publicKey) && root.verify(root.publicKey))
  check('and names its issuers', leaf.checkIssued(middle) && middle.checkIssued(root) && middle.ca && !leaf.ca)
  check('the name', leaf.subject.split('CN=')[1].split('@')[2] === unionpay.names[0])
  check('the signature', verifies(sha256(joined(fields, 'signature')), of.signature, leaf.publicKey))
  return of
}

const seen = new Set()
for (const call of emitted) {
  seen.add(call.channel)
  check(`${call.channel} ${call.what} is signed`, judges[call.channel](call))
  const answer = await fetch(call.url, {
    method: call.method,
    headers: call.headers,
    body: call.method === 'GET' ? undefined : call.body,
    redirect: 'manual',
  })
  const text = await answer.text()
  if (call.what !== 'create') {
    if (call.channel === 'unionpay') answerOfUnionPay(text)
    continue
  }
  const taken = {
    wechat: () => answer.status === 200,
    alipay: () => answer.status === 303 || text.includes('"code":"10000"'),
    alipay_by_certificate: () => answer.status === 303 || text.includes('"alipay_cert_sn"'),
    unionpay: () => answer.status === 303 || answerOfUnionPay(text).respCode === '00',
    chinaums: () => answer.status === 303 || JSON.parse(text).errCode === 'SUCCESS',
  }
  check(`${call.channel} is taken: ${answer.status} ${text}`, taken[call.channel]())
}
check('every channel was judged', seen.size === Object.keys(judges).length)

inbox.stop()
world.stop()
done('requests of our connectors')
