// Keep-alive, pipelining, bodies, answers from elsewhere: what a well-behaved client may count on.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import net from 'node:net'
import { after, before, test } from 'node:test'
import { Wire, start, talk } from './wire.mjs'

let server
before(async () => {
  server = await start({ threads: 2, trusted: '127.0.0.0/8', 'max-body': 8 << 20 })
})
after(() => server?.stop())

const H = 'Host: desk\r\n'
const get = (target, lines = '') => `GET ${target} HTTP/1.1\r\n${H}${lines}\r\n`
const sha = (text) => createHash('sha256').update(text).digest('hex')

test('every answer has its framing and security headers and names no server', async () => {
  const { headers, line } = await talk(server.port, get('/plain'))
  assert.equal(line, 'HTTP/1.1 200 OK')
  assert.ok(Math.abs(Date.parse(headers.date) - Date.now()) < 3000)
  assert.match(headers.date, /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/)
  assert.equal(headers['content-length'], '97')
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.match(headers['x-request-id'], /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(headers.server, undefined)
  assert.equal(headers.connection, undefined)
})

test('a request id of the client is kept where it is harmless, else replaced', async () => {
  for (const id of ['abc-1.2_Z', 'x'.repeat(36)]) {
    const answer = await talk(server.port, get('/', `X-Request-ID: ${id}\r\n`))
    assert.equal(answer.headers['x-request-id'], id)
    assert.equal(answer.json.request_id, id)
  }
  for (const id of ['', 'x'.repeat(37), 'a b', 'a"b', 'a/b']) {
    const answer = await talk(server.port, get('/', `X-Request-ID: ${id}\r\n`))
    assert.match(answer.headers['x-request-id'], /^[0-9a-f-]{36}$/)
  }
})

test('request ids differ', async () => {
  const wire = new Wire(server.port)
  wire.send(get('/').repeat(500))
  const seen = new Set()
  for (let i = 0; i < 500; i++) seen.add((await wire.answer()).headers['x-request-id'])
  assert.equal(seen.size, 500)
  wire.destroy()
})

test('pipelined requests are answered in their order, also where one waits for another thread', async () => {
  const wire = new Wire(server.port)
  const paths = ['/later?ms=60&n=0', '/n1', '/resume?ms=30&n=2', '/large?bytes=200000', '/n4', '/later?ms=1&n=5', '/n6']
  wire.send(paths.map((p) => get(p)).join(''))
  for (const path of paths) {
    const answer = await wire.answer()
    if (path.startsWith('/large')) assert.equal(answer.body.length, 200000)
    else assert.equal(answer.json.target, path)
  }
  wire.destroy()
})

test('thousands of pipelined requests neither overflow a stack nor starve others', async () => {
  const wire = new Wire(server.port)
  const count = 20000
  wire.send(get('/plain').repeat(count))
  const other = await talk(server.port, get('/other'))
  assert.equal(other.json.path, '/other')
  const first = await wire.until(() => wire.take())
  const size = first.body.length + first.line.length + 4
    + Object.entries(first.headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)
  await wire.until(() => wire.bytes.length >= (count - 1) * size, 15000)
  const answers = wire.bytes.toString('latin1').split('HTTP/1.1 200 OK\r\n').length - 1
  assert.equal(answers, count - 1)
  assert.equal(wire.bytes.length, (count - 1) * size)
  wire.destroy()
})

test('pipelined requests with bodies of both kinds, cut anywhere, arrive whole', async () => {
  const one = `POST /a HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nhello`
  const two = `POST /b HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x\r\ndefg\r\n0\r\n\r\n`
  const all = one + two + get('/c') + two
  for (let cut = 1; cut < all.length; cut += 3) {
    const wire = new Wire(server.port)
    wire.send(all.slice(0, cut))
    await new Promise((resolve) => setImmediate(resolve))
    wire.send(all.slice(cut))
    assert.equal((await wire.answer()).json.sha256, sha('hello'))
    assert.equal((await wire.answer()).json.sha256, sha('abcdefg'))
    assert.equal((await wire.answer()).json.path, '/c')
    assert.equal((await wire.answer()).json.sha256, sha('abcdefg'))
    wire.destroy()
  }
})

test('HEAD has the length of GET and no body', async () => {
  const wire = new Wire(server.port)
  wire.send(`HEAD /plain HTTP/1.1\r\n${H}\r\n${get('/next')}`)
  const head = await wire.answer('HEAD')
  assert.equal(head.status, 200)
  assert.equal(head.headers['content-length'], '97')
  assert.equal((await wire.answer()).json.path, '/next')
  wire.destroy()
})

test('204 and 304 have neither length nor body', async () => {
  const wire = new Wire(server.port)
  for (const status of [204, 304]) {
    wire.send(get(`/status?code=${status}`))
    const answer = await wire.answer()
    assert.equal(answer.status, status)
    assert.equal(answer.headers['content-length'], undefined)
  }
  wire.send(get('/next'))
  assert.equal((await wire.answer()).json.path, '/next')
  wire.destroy()
})

test('an impossible status becomes 500', async () => {
  assert.equal((await talk(server.port, get('/status?code=42'))).status, 500)
})

test('Connection: close and HTTP/1.0 end the connection, keep-alive in HTTP/1.0 does not', async () => {
  assert.equal((await talk(server.port, get('/', 'Connection: close\r\n'))).closed, true)
  assert.equal((await talk(server.port, 'GET / HTTP/1.0\r\n\r\n')).closed, true)
  const wire = new Wire(server.port)
  wire.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
  assert.equal((await wire.answer()).headers.connection, 'keep-alive')
  wire.send('GET /again HTTP/1.0\r\n\r\n')
  assert.equal((await wire.answer()).json.path, '/again')
  await wire.end()
  wire.destroy()
})

test('a client that closed its side still gets its answers', async () => {
  const wire = new Wire(server.port)
  wire.send(get('/a') + get('/later?ms=40'))
  wire.socket.end()
  assert.equal((await wire.answer()).json.path, '/a')
  assert.equal((await wire.answer()).json.path, '/later')
  await wire.end()
  wire.destroy()
})

test('100 Continue is sent where it is waited for and the body is wanted', async () => {
  const wire = new Wire(server.port)
  wire.send(`POST /x HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`)
  assert.equal((await wire.answer()).line, 'HTTP/1.1 100 Continue')
  wire.send('abc')
  assert.equal((await wire.answer()).json.sha256, sha('abc'))
  wire.send(`POST /x HTTP/1.1\r\n${H}Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n`)
  assert.equal((await wire.answer()).line, 'HTTP/1.1 100 Continue')
  wire.send('3\r\nabc\r\n0\r\n\r\n')
  assert.equal((await wire.answer()).json.length, 3)
  // The body came along at once, or there is none: nobody waits.
  wire.send(`POST /x HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`)
  assert.equal((await wire.answer()).status, 200)
  wire.send(`POST /x HTTP/1.1\r\n${H}Expect: 100-continue\r\n\r\n`)
  assert.equal((await wire.answer()).status, 200)
  wire.destroy()
})

test('no 100 Continue for a body that is refused, nor in HTTP/1.0', async () => {
  const expect = 'Expect: 100-continue\r\nContent-Length: 3\r\n'
  const early = await talk(server.port, `POST /early?status=403 HTTP/1.1\r\n${H}${expect}\r\n`)
  assert.equal(early.status, 403)
  assert.equal(early.closed, true)
  const large = await talk(server.port, `POST / HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n`)
  assert.equal(large.status, 413)
  const old = await talk(server.port, `POST / HTTP/1.0\r\n${expect}\r\nabc`)
  assert.equal(old.status, 200)
})

test('an early answer keeps the connection where no body is on its way', async () => {
  const wire = new Wire(server.port)
  wire.send(get('/early'))
  assert.equal((await wire.answer()).status, 401)
  wire.send(`POST /early HTTP/1.1\r\n${H}Content-Length: 3\r\n\r\nabc${get('/next')}`)
  assert.equal((await wire.answer()).status, 401)
  assert.equal((await wire.answer()).json.path, '/next')
  wire.send(`POST /early HTTP/1.1\r\n${H}Content-Length: 300\r\n\r\nabc`)
  assert.equal((await wire.answer()).headers.connection, 'close')
  await wire.end()
  wire.destroy()
})

test('large bodies of both kinds arrive whole', async () => {
  const body = Buffer.alloc(5_000_000, 'The printer is on fire. ')
  const length = new Wire(server.port)
  length.send(`POST / HTTP/1.1\r\n${H}Content-Length: ${body.length}\r\n\r\n`).send(body)
  assert.equal((await length.answer()).json.sha256, sha(body))
  length.destroy()
  const chunked = new Wire(server.port)
  chunked.send(`POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n`)
  for (let at = 0, size = 1; at < body.length; at += size, size = Math.min(size * 3 + 1, 700_001)) {
    const piece = body.subarray(at, at + size)
    chunked.send(`${piece.length.toString(16)}\r\n`).send(piece).send('\r\n')
  }
  chunked.send('0\r\n\r\n')
  const { json } = await chunked.answer()
  assert.equal(json.length, body.length)
  assert.equal(json.sha256, sha(body))
  chunked.destroy()
})

test('a large answer arrives whole at a client that reads late', async () => {
  const wire = new Wire(server.port)
  wire.socket.pause()
  wire.send(get('/large?bytes=12000000') + get('/next'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  wire.socket.resume()
  const answer = await wire.answer()
  assert.equal(answer.body.length, 12000000)
  assert.equal((await wire.answer()).json.path, '/next')
  wire.destroy()
})

test('answers released together reach the connections of all loops', async () => {
  const wires = Array.from({ length: 6 }, () => new Wire(server.port))
  for (let round = 0; round < 20; round++) {
    wires.forEach((wire) => wire.send(get('/batch?n=6')))
    const answers = await Promise.all(wires.map((wire) => wire.answer()))
    assert.deepEqual(new Set(answers.map((a) => a.json.loop)), new Set([0, 1]))
  }
  wires.forEach((wire) => wire.destroy())
})

test('clients that leave while their request is with the handler harm nobody', async () => {
  for (let i = 0; i < 40; i++) {
    const wire = new Wire(server.port)
    wire.send(get('/later?ms=30') + get('/resume?ms=30'))
    await wire.until(() => !wire.socket.connecting)
    await new Promise((resolve) => setTimeout(resolve, i % 5))
    if (i % 2) wire.socket.resetAndDestroy()
    else wire.destroy()
  }
  await new Promise((resolve) => setTimeout(resolve, 150))
  assert.equal((await talk(server.port, get('/still'))).json.path, '/still')
  const { json } = await talk(server.port, get('/stats'))
  assert.equal(json.open, 1)
})

test('the address behind trusted proxies is the last hop that is not trusted', async () => {
  const peer = async (lines) => (await talk(server.port, get('/', lines))).json.peer
  assert.equal(await peer(''), '127.0.0.1')
  assert.equal(await peer('X-Forwarded-For: 192.0.2.1\r\n'), '192.0.2.1')
  assert.equal(await peer('X-Forwarded-For: 198.51.100.9, 192.0.2.1, 127.0.0.7\r\n'), '192.0.2.1')
  assert.equal(await peer('X-Forwarded-For: 192.0.2.5\r\nX-Forwarded-For: 127.0.0.7\r\n'), '192.0.2.5')
  assert.equal(await peer('X-Forwarded-For: <script>\r\n'), '127.0.0.1')
})

test('without trusted proxies nobody can claim another address; IPv6 is served too', async () => {
  const plain = await start({ address: '::' })
  try {
    const answer = await talk(plain.port, get('/', 'X-Forwarded-For: 192.0.2.1\r\n'))
    assert.equal(answer.json.peer, '127.0.0.1')
    const wire = new Wire(plain.port, { host: '::1' })
    wire.send('GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n')
    const six = await wire.answer()
    assert.equal(six.json.peer, '::1')
    assert.equal(six.json.host, '[::1]')
    wire.destroy()
  } finally {
    await plain.stop()
  }
})

test('two servers can not share a port', async () => {
  await assert.rejects(start({ port: server.port }), /ended at once: 1/)
})

test('a client that resets in the middle of a body leaves nothing behind', async () => {
  for (let i = 0; i < 20; i++) {
    const socket = net.connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.write(`POST / HTTP/1.1\r\n${H}Content-Length: 1000000\r\n\r\nabc`)
    await new Promise((resolve) => setTimeout(resolve, 3))
    socket.resetAndDestroy()
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal((await talk(server.port, get('/stats'))).json.open, 1)
})
