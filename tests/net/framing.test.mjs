// What is ambiguous or malformed is refused, and the connection is closed: RFC 9112.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Wire, pause, start, talk } from './wire.mjs'

let server
before(async () => {
  server = await start({ threads: 1 })
})
after(() => server?.stop())

const H = 'Host: desk\r\n'
const post = (lines, body = '') => `POST /p HTTP/1.1\r\n${H}${lines}\r\n${body}`
const chunked = (body) => post('Transfer-Encoding: chunked\r\n', body)

const refused = {
  'two differing Content-Lengths': [400, post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abcd')],
  'two equal Content-Lengths': [400, post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc')],
  'a list of Content-Lengths': [400, post('Content-Length: 3, 3\r\n', 'abc')],
  'a signed Content-Length': [400, post('Content-Length: +3\r\n', 'abc')],
  'a negative Content-Length': [400, post('Content-Length: -3\r\n', 'abc')],
  'a hexadecimal Content-Length': [400, post('Content-Length: 0x3\r\n', 'abc')],
  'an empty Content-Length': [400, post('Content-Length:\r\n')],
  'a Content-Length beyond all numbers': [400, post('Content-Length: 99999999999999999999\r\n')],
  'Content-Length and Transfer-Encoding': [400, post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  'Transfer-Encoding and Content-Length': [400, post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', '0\r\n\r\n')],
  'chunked twice': [400, post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n')],
  'two Transfer-Encodings': [400, post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  'Transfer-Encoding: gzip': [400, post('Transfer-Encoding: gzip\r\n')],
  'Transfer-Encoding: identity': [400, post('Transfer-Encoding: identity\r\n')],
  'Transfer-Encoding: chunked, gzip': [400, post('Transfer-Encoding: chunked, gzip\r\n')],
  'Transfer-Encoding: gzip, chunked': [501, post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n')],
  'Transfer-Encoding with a vertical tab': [400, post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n')],
  'Transfer-Encoding in HTTP/1.0': [400, 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  'bare LF after the request line': [400, `GET / HTTP/1.1\n${H}\r\n`],
  'bare LF after a header': [400, 'GET / HTTP/1.1\r\nHost: desk\n\r\n'],
  'bare LF at the end of the head': [400, `GET / HTTP/1.1\r\n${H}\n`],
  'bare CR in a header': [400, `GET / HTTP/1.1\r\n${H}X: a\rb\r\n\r\n`],
  'a folded header': [400, `GET / HTTP/1.1\r\n${H}X: a\r\n b\r\n\r\n`],
  'a header folded with a tab': [400, `GET / HTTP/1.1\r\n${H}X: a\r\n\tb\r\n\r\n`],
  'white space before the first header': [400, `GET / HTTP/1.1\r\n ${H}\r\n`],
  'NUL in a header': [400, `GET / HTTP/1.1\r\n${H}X: a\0b\r\n\r\n`],
  'NUL in the target': [400, `GET /a\0b HTTP/1.1\r\n${H}\r\n`],
  'a control character in a header': [400, `GET / HTTP/1.1\r\n${H}X: a\x02b\r\n\r\n`],
  'no Host': [400, 'GET / HTTP/1.1\r\n\r\n'],
  'two Hosts': [400, `GET / HTTP/1.1\r\n${H}${H}\r\n`],
  'an empty Host': [400, 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
  'a Host with a path': [400, 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
  'a space before the colon': [400, `GET / HTTP/1.1\r\n${H}X : a\r\n\r\n`],
  'a header without a colon': [400, `GET / HTTP/1.1\r\n${H}X\r\n\r\n`],
  'a header without a name': [400, `GET / HTTP/1.1\r\n${H}: x\r\n\r\n`],
  'two spaces in the request line': [400, `GET  / HTTP/1.1\r\n${H}\r\n`],
  'a space in the target': [400, `GET /a b HTTP/1.1\r\n${H}\r\n`],
  'a fragment in the target': [400, `GET /a#b HTTP/1.1\r\n${H}\r\n`],
  'a target without a slash': [400, `GET a HTTP/1.1\r\n${H}\r\n`],
  'the authority form': [400, `CONNECT desk:443 HTTP/1.1\r\n${H}\r\n`],
  'an asterisk for GET': [400, `GET * HTTP/1.1\r\n${H}\r\n`],
  'HTTP/0.9': [400, 'GET /\r\n'],
  'HTTP/2.0': [505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  'HTTP/1.2': [505, `GET / HTTP/1.2\r\n${H}\r\n`],
  'lower-case http': [400, `GET / http/1.1\r\n${H}\r\n`],
  'a TLS hello': [400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  'a long request line': [414, `GET /${'a'.repeat(9000)} HTTP/1.1\r\n${H}\r\n`],
  'a long request line without an end': [414, `GET /${'a'.repeat(9000)}`],
  'a huge header': [431, `GET / HTTP/1.1\r\n${H}X: ${'a'.repeat(20000)}\r\n\r\n`],
  'a hundred and one headers': [431, `GET / HTTP/1.1\r\n${H}${'X: y\r\n'.repeat(100)}\r\n`],
  'an unknown expectation': [417, post('Expect: 200-tea\r\nContent-Length: 3\r\n', 'abc')],
  'a chunk size that is none': [400, chunked('x\r\nabc\r\n0\r\n\r\n')],
  'a chunk size with 0x': [400, chunked('0x3\r\nabc\r\n0\r\n\r\n')],
  'a signed chunk size': [400, chunked('+3\r\nabc\r\n0\r\n\r\n')],
  'a negative chunk size': [400, chunked('-3\r\nabc\r\n0\r\n\r\n')],
  'a space after the chunk size': [400, chunked('3 \r\nabc\r\n0\r\n\r\n')],
  'an empty chunk size': [400, chunked('\r\nabc\r\n0\r\n\r\n')],
  'a chunk size that overflows': [400, chunked('10000000000000003\r\nabc\r\n0\r\n\r\n')],
  'a chunk size of all ones': [400, chunked('FFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n')],
  'a chunk longer than its size': [400, chunked('3\r\nabcd\r\n0\r\n\r\n')],
  'a chunk without its line end': [400, chunked('3\r\nabc0\r\n\r\n')],
  'bare LF after a chunk size': [400, chunked('3\nabc\r\n0\r\n\r\n')],
  'bare LF after a chunk': [400, chunked('3\r\nabc\n0\r\n\r\n')],
  'a chunk extension with a line feed': [400, chunked('3;a\nb\r\nabc\r\n0\r\n\r\n')],
  'a chunk extension without end': [400, chunked(`3;${'a'.repeat(300)}\r\nabc\r\n0\r\n\r\n`)],
  'a folded trailer': [400, chunked('0\r\nX: a\r\n b\r\n\r\n')],
  'trailers without end': [400, chunked(`0\r\n${'X: abcdefgh\r\n'.repeat(1000)}\r\n`)],
}

for (const [name, [status, text]] of Object.entries(refused)) {
  test(`refused and closed: ${name}`, async () => {
    // A second request rides behind: nothing of it may be served.
    const answer = await talk(server.port, `${text}GET /smuggled HTTP/1.1\r\nHost: desk\r\n\r\n`)
    assert.equal(answer.status, status)
    assert.equal(answer.headers.connection, 'close')
    assert.match(answer.headers['x-request-id'], /^[0-9a-f-]{36}$/)
    assert.equal(answer.closed, true)
    assert.equal(answer.more, 0)
  })
}

test('the verdict does not depend on how the bytes are cut', async () => {
  const names = ['two differing Content-Lengths', 'a folded header', 'a chunk longer than its size', 'no Host']
  await Promise.all(
    names.map(async (name) => {
      const [status, text] = refused[name]
      const wire = new Wire(server.port)
      for (const byte of text) {
        wire.send(byte)
        await pause(1)
        if (wire.closed) break
      }
      assert.equal((await wire.answer()).status, status)
      await wire.end()
      wire.destroy()
    }),
  )
})

const taken = {
  'chunked in several chunks with extension and trailer': [chunked('3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n'), 5],
  'an empty chunked body': [chunked('0\r\n\r\n'), 0],
  'a Content-Length of zero': [post('Content-Length: 0\r\n'), 0],
  'a body for GET': [`GET / HTTP/1.1\r\n${H}Content-Length: 2\r\n\r\nab`, 2],
  'an empty line in front': [`\r\nGET / HTTP/1.1\r\n${H}\r\n`, 0],
  'the absolute form': [`GET http://other:80/x HTTP/1.1\r\n${H}\r\n`, 0],
  'the asterisk form': [`OPTIONS * HTTP/1.1\r\n${H}\r\n`, 0],
  'bytes over 127 in a header': [`GET / HTTP/1.1\r\n${H}X: caf\xe9\r\n\r\n`, 0],
  'a header of nearly the limit': [`GET / HTTP/1.1\r\n${H}X: ${'a'.repeat(16000)}\r\n\r\n`, 0],
  'chunked behind a head of nearly the limit': [
    `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\nX: ${'a'.repeat(16250)}\r\n\r\n${'7D0\r\n' + 'b'.repeat(2000)}\r\n0\r\n\r\n`,
    2000,
  ],
}

for (const [name, [text, length]] of Object.entries(taken)) {
  test(`taken: ${name}`, async () => {
    const wire = new Wire(server.port)
    wire.send(`${text}GET /next HTTP/1.1\r\nHost: desk\r\n\r\n`)
    const answer = await wire.answer()
    assert.equal(answer.status, 200)
    assert.equal(answer.json.length, length)
    assert.equal((await wire.answer()).json.path, '/next')
    assert.equal(wire.closed, false)
    wire.destroy()
  })
}

test('the authority of the absolute form stands above Host', async () => {
  const answer = await talk(server.port, `GET http://other:80/x?y HTTP/1.1\r\n${H}\r\n`)
  assert.equal(answer.json.host, 'other')
  assert.equal(answer.json.path, '/x')
  assert.equal(answer.json.query, 'y')
})
