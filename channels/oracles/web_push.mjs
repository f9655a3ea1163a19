// Reads the pushes that our own code builds as a push service and a browser would: the token is verified with `jws`,
// the message opened with `http_ece` and the key that only the browser has. Neither shares code with ours.
// Usage: node web_push.mjs PROGRAM, where PROGRAM is the built example `web_push`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createECDH, createPublicKey, createVerify, randomBytes } from 'node:crypto';
import ece from 'http_ece';
import jws from 'jws';
import webpush from 'web-push';

const program = process.argv[2];
assert.ok(program, 'which program?');
const now_ms = Date.now();
const vapid = webpush.generateVAPIDKeys();
const config = { public_key: vapid.publicKey, private_key: vapid.privateKey, subject: 'mailto:it@school.example' };

const texts = ['', 'a', '李同学在第一食堂消费 12.50 元', '字'.repeat(1000), '"\\\n'.repeat(3000), '🍚'.repeat(2000)];
const messages = Array.from({ length: 30 }, (_, number) => {
  const browser = createECDH('prime256v1');
  browser.generateKeys();
  const auth = randomBytes(16);
  const path = randomBytes(60).toString('base64url');
  const keys = { p256dh: browser.getPublicKey('base64url'), auth: auth.toString('base64url') };
  const asked = {
    config,
    subscription: { endpoint: `https://push${number}.example:8443/send/${path}`, expirationTime: null, keys },
    dedupe: `notice-${number}`,
    title: '午餐 / Lunch',
    text: texts[number % texts.length],
    link: number % 2 ? `/parent/purchases/${number}` : null,
    urgent: number % 3 === 0,
    nonce: randomBytes(16).toString('base64'),
    now_ms,
  };
  return { asked, browser, auth };
});

const input = messages.map(({ asked }) => JSON.stringify(asked)).join('\n');
const made = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
assert.equal(made.status, 0, made.stderr || String(made.error));
const calls = made.stdout.trim().split('\n').map((line) => JSON.parse(line));
assert.equal(calls.length, messages.length);

// What web-push itself would send, to compare the names and forms of headers with.
const theirs = webpush.generateRequestDetails(messages[1].asked.subscription, 'x', {
  vapidDetails: { subject: config.subject, publicKey: vapid.publicKey, privateKey: vapid.privateKey },
  TTL: 3600,
  urgency: 'normal',
  topic: calls[1].headers.topic,
  contentEncoding: 'aes128gcm',
});

calls.forEach((call, number) => {
  const { asked, browser, auth } = messages[number];
  const body = Buffer.from(call.body, 'base64');
  assert.equal(call.method, 'POST');
  assert.equal(call.url, asked.subscription.endpoint);
  assert.ok(body.length <= 4096, `message ${number} has ${body.length} bytes`);
  verify(call.headers.authorization, new URL(call.url).origin);

  const salt = body.subarray(0, 16);
  assert.equal(salt.toString('base64'), asked.nonce);
  const plain = ece.decrypt(body, { version: 'aes128gcm', privateKey: browser, authSecret: auth });
  const shown = JSON.parse(plain.toString('utf8'));
  assert.equal(shown.id, asked.dedupe);
  assert.equal(shown.title, asked.title);
  assert.equal(shown.link, asked.link);
  const whole = shown.body === asked.text;
  const cut = shown.body.endsWith('…') && asked.text.startsWith(shown.body.slice(0, -1)) && body.length > 3500;
  assert.ok(whole || cut, `message ${number} became another one`);
  assert.equal(call.headers.urgency, asked.urgent ? 'high' : 'normal');
  assert.match(call.headers.topic, /^[A-Za-z0-9_-]{32}$/);

  // Another browser can't open it, and a bit that flips is seen.
  const other = messages[(number + 1) % messages.length];
  const open = (bytes, { browser: privateKey, auth: authSecret }) => {
    return () => ece.decrypt(bytes, { version: 'aes128gcm', privateKey, authSecret });
  };
  assert.throws(open(body, other));
  const broken = Buffer.from(body);
  broken[broken.length - 1] ^= 1;
  assert.throws(open(broken, messages[number]));
});

// Every one with a key of its own.
assert.equal(new Set(calls.map((call) => call.body.slice(28, 100))).size, calls.length);
for (const name of ['TTL', 'Urgency', 'Topic', 'Content-Encoding', 'Content-Type']) {
  assert.equal(calls[1].headers[name.toLowerCase()], String(theirs.headers[name]), name);
}
console.log(`${calls.length} pushes opened and verified`);

function verify(authorization, origin) {
  const [, token, key] = /^vapid t=([^,]+), k=([A-Za-z0-9_-]+)$/.exec(authorization) ?? [];
  assert.equal(key, vapid.publicKey);
  const point = Buffer.from(key, 'base64url');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
  const jwk = { kty: 'EC', crv: 'P-256', x, y };
  const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  assert.ok(jws.verify(token, 'ES256', pem), 'the token is not signed with our key');
  const [head, claims, signature] = token.split('.');
  const plain = createVerify('SHA256').update(`${head}.${claims}`);
  assert.ok(plain.verify({ key: pem, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')));
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
  assert.equal(said.aud, origin);
  assert.equal(said.sub, config.subject);
  assert.ok(said.exp > now_ms / 1000 && said.exp <= now_ms / 1000 + 24 * 3600, 'a token is good for a day at most');
}
