// alipay-sdk, Alipay's own library, against the sandbox: by public key and by certificate, every answer verified.

import { AlipaySdk } from 'alipay-sdk'
import { check, done, receiver, sandbox, today } from './kit.mjs'

const world = await sandbox()
const inbox = await receiver(() => ({ status: 200, body: 'success' }))
await world.call('PUT', '/faults', { bills_at_once: true, schedule_scale: 0 })

for (const way of ['alipay', 'alipay_by_certificate']) {
  const settings = world.settings[way]
  const keys = settings.certificates
    ? {
        appCertContent: settings.signing[0].certificate,
        alipayPublicCertContent: settings.certificates[0],
        alipayRootCertContent: settings.root_certificates,
      }
    : { alipayPublicKey: settings.public_keys[0] }
  const base = { appId: settings.app_id, gateway: settings.gateway, signType: 'RSA2', keyType: 'PKCS8', ...keys }
  const alipay = new AlipaySdk({ ...base, privateKey: settings.signing[0].private_key })
  const exec = (method, bizContent, more = {}) => alipay.exec(method, { bizContent, ...more }, { validateSign: true })
  const number = `ORACLE${way.length}0001`
  const order = { out_trade_no: number, total_amount: '12.50', subject: '充值 100% "饭卡"' }
  const create = { ...order, product_code: 'JSAPI_PAY', buyer_open_id: 'oracle-open-id' }
  const made = await exec('alipay.trade.create', create, { notify_url: inbox.url })
  check('a trade is made', made.code === '10000' && made.outTradeNo === number)
  const again = await exec('alipay.trade.create', create, { notify_url: inbox.url })
  check('asking again gives the same', again.tradeNo === made.tradeNo)
  const other = await exec('alipay.trade.create', { ...create, total_amount: '0.01' }, { notify_url: inbox.url })
  check('other parameters are refused', other.code === '40004' && other.subCode === 'ACQ.CONTEXT_INCONSISTENT')

  const query = () => exec('alipay.trade.query', { out_trade_no: number })
  check('it waits', (await query()).tradeStatus === 'WAIT_BUYER_PAY')
  check('somebody pays', (await world.call('POST', `/orders/${number}/pay`)).status === 200)
  const paid = await query()
  check('it is paid', paid.tradeStatus === 'TRADE_SUCCESS' && paid.totalAmount === '12.50')

  const told = Object.fromEntries(new URLSearchParams((await inbox.next()).body))
  check('the notification is signed', alipay.checkNotifySignV2(told))
  check('an altered one is not', !alipay.checkNotifySignV2({ ...told, total_amount: '1250.00' }))
  check('it tells what was paid', told.trade_status === 'TRADE_SUCCESS' && told.out_trade_no === number)

  const refund = { out_trade_no: number, refund_amount: '2.50', out_request_no: `${number}R1` }
  check('money moves', (await exec('alipay.trade.refund', refund)).fundChange === 'Y')
  check('once', (await exec('alipay.trade.refund', refund)).fundChange === 'N')
  const back = Object.fromEntries(new URLSearchParams((await inbox.next()).body))
  check('a refund is told', alipay.checkNotifySignV2(back) && back.refund_fee === '2.50')
  const asked = await exec('alipay.trade.fastpay.refund.query', { out_trade_no: number, out_request_no: `${number}R1` })
  check('and answered', asked.refundStatus === 'REFUND_SUCCESS' && asked.refundAmount === '2.50')
  const tooMuch = await exec('alipay.trade.refund', { ...refund, refund_amount: '10.01', out_request_no: `${number}R2` })
  check('more than was paid is refused', tooMuch.subCode === 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL')

  const scanned = { ...order, out_trade_no: `${number}QR` }
  const code = await exec('alipay.trade.precreate', scanned, { notify_url: inbox.url })
  check('a code is answered', code.qrCode.startsWith(world.address))
  const unseen = await exec('alipay.trade.query', { out_trade_no: scanned.out_trade_no })
  check('nobody scanned it yet', unseen.subCode === 'ACQ.TRADE_NOT_EXIST')

  const page = alipay.pageExec('alipay.trade.wap.pay', {
    method: 'GET',
    notify_url: inbox.url,
    bizContent: { ...order, out_trade_no: `${number}WAP`, product_code: 'QUICK_WAP_WAY' },
  })
  const opened = await fetch(page, { redirect: 'manual' })
  check('the page opens', opened.status === 303 && opened.headers.get('location').includes(`/pay/${number}WAP`))
  const closed = await exec('alipay.trade.close', { out_trade_no: `${number}WAP` })
  check('a page that was not looked at is no trade', closed.subCode === 'ACQ.TRADE_NOT_EXIST')
  await fetch(opened.headers.get('location'))
  check('one that was is closed', (await exec('alipay.trade.close', { out_trade_no: `${number}WAP` })).code === '10000')

  const bill = await exec('alipay.data.dataservice.bill.downloadurl.query', { bill_type: 'trade', bill_date: today() })
  const file = Buffer.from(await (await fetch(bill.billDownloadUrl)).arrayBuffer())
  check('the bill is a ZIP', file.subarray(0, 4).equals(Buffer.from('PK\x03\x04')))

  const stranger = new AlipaySdk({ ...base, privateKey: world.settings.wechat.signing[0].private_key })
  const answer = await stranger.exec('alipay.trade.query', { bizContent: { out_trade_no: number } }, { validateSign: true })
  check('another key is refused', answer.subCode === 'isv.invalid-signature')
}

inbox.stop()
world.stop()
done('alipay-sdk')
