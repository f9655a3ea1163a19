// wechatpay-axios-plugin, which verifies every answer, against the sandbox: by public key and by certificate.

import { createHash } from 'node:crypto'
import axiosPlugin from 'wechatpay-axios-plugin'
import { check, done, receiver, refused, sandbox, today } from './kit.mjs'

const { Wechatpay, Aes, Formatter, Rsa } = axiosPlugin

const world = await sandbox()
const inbox = await receiver(() => ({ status: 204, body: '' }))
await world.call('PUT', '/faults', { bills_at_once: true, schedule_scale: 0 })

for (const way of ['wechat', 'wechat_by_certificate']) {
  const settings = world.settings[way]
  const certs = Object.fromEntries(settings.verify_keys.map(({ id, key }) => [id, key]))
  const publicKey = settings.verify_keys.find(({ id }) => id.startsWith('PUB_KEY_ID_'))
  const headers = publicKey ? { 'Wechatpay-Serial': publicKey.id } : {}
  const base = { mchid: settings.mchid, serial: settings.signing[0].serial, certs, baseURL: settings.base_url }
  const pay = new Wechatpay({ ...base, privateKey: settings.signing[0].private_key })
  const options = { headers }
  const number = `ORACLE${way.length}0001`
  const order = {
    appid: settings.appid,
    mchid: settings.mchid,
    description: '充值, "饭卡"',
    out_trade_no: number,
    notify_url: inbox.url,
    amount: { total: 1250, currency: 'CNY' },
    payer: { openid: 'oracle-openid' },
  }
  const jsapi = await pay.v3.pay.transactions.jsapi.post(order, options)
  check('a prepayment is answered', /^wx/.test(jsapi.data.prepay_id))
  const named = jsapi.headers['wechatpay-serial']
  check('the answer is signed as it was asked for', named === (publicKey?.id ?? settings.verify_keys[0].id))
  const same = await pay.v3.pay.transactions.jsapi.post(order, options)
  check('asking again gives the same', same.data.prepay_id === jsapi.data.prepay_id)
  const other = { ...order, amount: { total: 1, currency: 'CNY' } }
  await refused('other parameters', pay.v3.pay.transactions.jsapi.post(other, options), (why) => {
    return why.response?.data.code === 'INVALID_REQUEST'
  })

  const asking = { number, params: { mchid: settings.mchid }, headers }
  const query = () => pay.v3.pay.transactions.outTradeNo.$number$.get({ ...asking })
  check('it waits', (await query()).data.trade_state === 'NOTPAY')
  check('somebody pays', (await world.call('POST', `/orders/${number}/pay`)).status === 200)
  const paid = (await query()).data
  check('it is paid', paid.trade_state === 'SUCCESS' && paid.amount.total === 1250 && paid.payer.openid === 'oracle-openid')
  const close = { number, mchid: settings.mchid }
  await refused('a paid order is not closed', pay.v3.pay.transactions.outTradeNo.$number$.close.post({ mchid: settings.mchid }, close), (why) => {
    return why.response?.data.code === 'ORDERPAID'
  })

  const open = (letter) => {
    const serial = letter.headers['wechatpay-serial']
    const text = Formatter.response(letter.headers['wechatpay-timestamp'], letter.headers['wechatpay-nonce'], letter.body)
    check('the notification is signed', Rsa.verify(text, letter.headers['wechatpay-signature'], certs[serial]))
    check('an altered one is not', !Rsa.verify(`${text}x`, letter.headers['wechatpay-signature'], certs[serial]))
    const { resource, event_type } = JSON.parse(letter.body)
    const { ciphertext, nonce, associated_data } = resource
    const plain = Aes.AesGcm.decrypt(ciphertext, settings.api_v3_keys[0], nonce, associated_data)
    return { event_type, ...JSON.parse(plain) }
  }
  const told = open(await inbox.next())
  check('it tells what was paid', told.event_type === 'TRANSACTION.SUCCESS' && told.out_trade_no === number)

  const refund = { out_trade_no: number, out_refund_no: `${number}R1`, notify_url: inbox.url }
  const amount = { refund: 250, total: 1250, currency: 'CNY' }
  const refunding = await pay.v3.refund.domestic.refunds.post({ ...refund, amount }, options)
  check('a refund is accepted, no more', refunding.data.status === 'PROCESSING')
  const back = open(await inbox.next())
  check('and told when it is done', back.event_type === 'REFUND.SUCCESS' && back.refund_status === 'SUCCESS')
  const asked = await pay.v3.refund.domestic.refunds.$refund$.get({ refund: `${number}R1`, headers })
  check('and answered', asked.data.status === 'SUCCESS' && asked.data.amount.refund === 250)
  const tooMuch = { ...refund, out_refund_no: `${number}R2`, amount: { ...amount, refund: 1001 } }
  await refused('more than was paid', pay.v3.refund.domestic.refunds.post(tooMuch, options), (why) => {
    return why.response?.data.code === 'INVALID_REQUEST'
  })

  const second = { ...order, out_trade_no: `${number}B` }
  await pay.v3.pay.transactions.native.post(second, options)
  const gone = await pay.v3.pay.transactions.outTradeNo.$number$.close.post(
    { mchid: settings.mchid },
    { number: second.out_trade_no, headers },
  )
  check('an empty answer is signed as well', gone.status === 204)
  await refused('a closed number is used up', pay.v3.pay.transactions.native.post(second, options), (why) => {
    return why.response?.data.code === 'ORDER_CLOSED'
  })

  const bill = await pay.v3.bill.tradebill.get({ params: { bill_date: today(), bill_type: 'ALL' }, headers })
  const path = bill.data.download_url.replace(settings.base_url, '')
  const file = await pay.v3.billdownload.file.get({
    params: Object.fromEntries(new URL(path, settings.base_url).searchParams),
    transformResponse: [],
    responseType: 'arraybuffer',
  })
  check('the digest is of the file', createHash('sha1').update(file.data).digest('hex') === bill.data.hash_value)
  check('the order stands in the bill', Buffer.from(file.data).toString('utf8').includes(`\`${number}`))

  const stranger = new Wechatpay({ ...base, privateKey: world.settings.alipay.signing[0].private_key })
  await refused('another key', stranger.v3.pay.transactions.jsapi.post(order, options), (why) => why.response?.status === 401)
}

inbox.stop()
world.stop()
done('wechatpay-axios-plugin')
