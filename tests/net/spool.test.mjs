// Bodies that go into a file while they come: whole, unnamed, limited, and gone with the request.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Wire, pause, start } from './wire.mjs'

let server
let folder
const MAX = 11 << 20
before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sigap-spool-'))
  server = await start({ threads: 1, 'max-body': MAX, 'spool-dir': folder })
})
after(async () => {
  await server?.stop()
  fs.rmSync(folder, { recursive: true, force: true })
})

const sha = (bytes) => createHash('sha256').update(bytes).digest('hex')
const head = (lines) => `POST /spool HTTP/1.1\r\nHost: desk\r\n${lines}\r\n`
const chunked = (pieces) => Buffer.concat([...pieces.flatMap((piece) => [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]), Buffer.from('0\r\n\r\n')])
const resident = () => Number(fs.readFileSync(`/proc/${server.pid}/status`, 'latin1').match(/VmRSS:\s+(\d+)/)[1])
const descriptors = () => fs.readdirSync(`/proc/${server.pid}/fd`).length

test('a body with a length lies in a file without a name, for the server alone', async () => {
  for (const size of [1, 100, 70000, 1000000, MAX]) {
    const body = randomBytes(size)
    const wire = new Wire(server.port)
    wire.send(Buffer.concat([Buffer.from(head(`Content-Length: ${size}\r\n`)), body]))
    const { status, json } = await wire.answer()
    assert.equal(status, 200)
    assert.deepEqual([json.length, json.sha256, json.spooled, json.mode, json.links], [size, sha(body), true, 0o600, 0])
    wire.destroy()
  }
  assert.deepEqual(fs.readdirSync(folder), [])
})

test('a chunked body likewise, and what is pipelined behind either is answered', async () => {
  for (const size of [0, 5, 16384, 3000000]) {
    const body = randomBytes(size)
    const pieces = []
    for (let at = 0; at < size; at += 7777) pieces.push(body.subarray(at, at + 7777))
    const wire = new Wire(server.port)
    wire.send(Buffer.concat([Buffer.from(head('Transfer-Encoding: chunked\r\n')), chunked(pieces), Buffer.from(head('Content-Length: 5\r\n')), Buffer.from('helloGET /plain HTTP/1.1\r\nHost: desk\r\n\r\n')]))
    const first = await wire.answer()
    assert.deepEqual([first.json.length, first.json.sha256, first.json.spooled], [size, sha(body), true])
    const second = await wire.answer()
    assert.deepEqual([second.json.length, second.json.sha256], [5, sha('hello')])
    assert.match((await wire.answer()).body, /quiet day/)
    wire.destroy()
  }
})

test('a request without a body has no file', async () => {
  const wire = new Wire(server.port)
  wire.send(head('Content-Length: 0\r\n') + head(''))
  for (let i = 0; i < 2; i++) {
    const { json } = await wire.answer()
    assert.deepEqual([json.length, json.spooled], [0, false])
  }
  wire.destroy()
})

test('over the limit it is 413 at once, announced or not, and the connection ends', async () => {
  const announced = new Wire(server.port)
  announced.send(head(`Content-Length: ${MAX + 1}\r\nExpect: 100-continue\r\n`))
  const first = await announced.answer()
  assert.equal(first.status, 413)
  assert.equal(first.headers.connection, 'close')
  const sneaked = new Wire(server.port)
  sneaked.send(head('Transfer-Encoding: chunked\r\n'))
  const piece = randomBytes(1 << 20)
  for (let i = 0; i < 11; i++) sneaked.send(Buffer.concat([Buffer.from('100000\r\n'), piece, Buffer.from('\r\n')]))
  await pause(100)
  sneaked.send('1\r\n')
  const second = await sneaked.answer()
  assert.equal(second.status, 413)
  assert.equal(second.headers.connection, 'close')
  announced.destroy()
  sneaked.destroy()
})

test('the client is told to go on once there is a file for its body', async () => {
  const wire = new Wire(server.port)
  wire.send(head('Content-Length: 3\r\nExpect: 100-continue\r\n'))
  await wire.until(() => wire.bytes.includes('HTTP/1.1 100 Continue\r\n\r\n'))
  wire.bytes = Buffer.alloc(0)
  wire.send('abc')
  assert.equal((await wire.answer()).json.sha256, sha('abc'))
  wire.destroy()
})

test('many large bodies take no memory', async () => {
  const body = randomBytes(MAX)
  const send = async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/spool`, { method: 'POST', body })
    assert.equal((await response.json()).length, MAX)
  }
  await send()
  const before = resident()
  const wires = Array.from({ length: 20 }, () => {
    const wire = new Wire(server.port)
    wire.send(Buffer.concat([Buffer.from(head(`Content-Length: ${MAX}\r\n`)), body.subarray(0, MAX - 1)]))
    return wire
  })
  for (let i = 0; i < 200 && wires.some((wire) => wire.socket.writableLength > 0); i++) await pause(20)
  await pause(300)
  assert.ok(resident() - before < 16 * 1024, `${before} kB became ${resident()} kB`)
  for (const wire of wires) {
    wire.send(body.subarray(MAX - 1))
    assert.equal((await wire.answer()).json.sha256, sha(body))
    wire.destroy()
  }
})

test('a client that leaves in the middle leaves nothing behind', async () => {
  const before = descriptors()
  for (let i = 0; i < 10; i++) {
    const wire = new Wire(server.port)
    wire.send(head('Content-Length: 100000\r\n') + 'x'.repeat(50000))
    await pause(10)
    wire.destroy()
  }
  for (let i = 0; i < 100 && descriptors() > before; i++) await pause(20)
  assert.ok(descriptors() <= before)
})

test('a folder that is missing, or none at all, is told as such', async () => {
  const nowhere = await start({ threads: 1, 'spool-dir': path.join(folder, 'gone') })
  const none = await start({ threads: 1 })
  try {
    for (const [port, status] of [[nowhere.port, 500], [none.port, 507]]) {
      const wire = new Wire(port)
      wire.send(head('Content-Length: 3\r\n') + 'abc')
      const answer = await wire.answer()
      assert.equal(answer.status, status)
      assert.equal(answer.headers.connection, 'close')
      wire.destroy()
    }
  } finally {
    await nowhere.stop()
    await none.stop()
  }
})

test('a file that may not grow further is told as a full disk', async () => {
  const small = await start({ threads: 1, 'spool-dir': folder }, ['sh', '-c', 'trap "" XFSZ; ulimit -f 64; exec "$@"', 'sh'])
  try {
    const wire = new Wire(small.port)
    wire.send(head('Content-Length: 200000\r\n') + 'x'.repeat(200000))
    const answer = await wire.answer()
    assert.equal(answer.status, 507)
    assert.equal(answer.headers.connection, 'close')
    wire.destroy()
    const again = new Wire(small.port)
    again.send(head('Content-Length: 3\r\n') + 'abc')
    assert.equal((await again.answer()).status, 200)
    again.destroy()
  } finally {
    await small.stop()
  }
})
