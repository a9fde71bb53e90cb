// Answers of unknown length, sent while they are made, and answers from files: whole, in constant memory, and never
// passed off as whole where they are not.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import { after, before, test } from 'node:test'
import { Wire, cpuSeconds, pause, start } from './wire.mjs'

let server
before(async () => {
  server = await start({ threads: 1 })
})
after(() => server?.stop())

const LINE = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n'
const text = (bytes) => LINE.repeat(Math.ceil(bytes / 64)).slice(0, bytes)
const ask = (target, lines = '', version = '1.1', method = 'GET') => `${method} ${target} HTTP/${version}\r\nHost: desk\r\n${lines}\r\n`

/** Undoes the chunks; says whether the last one came. */
function unchunk(raw) {
  let body = ''
  let at = 0
  for (;;) {
    const end = raw.indexOf('\r\n', at)
    if (end < 0) return { body, whole: false }
    const size = parseInt(raw.slice(at, end), 16)
    if (size === 0) return { body, whole: raw.slice(end, end + 4) === '\r\n\r\n', rest: raw.slice(end + 4) }
    body += raw.slice(end + 2, end + 2 + size)
    at = end + 2 + size + 2
  }
}

const fetchAll = (path, agent) => new Promise((resolve, reject) => {
  http.get({ port: server.port, path, agent }, (response) => {
    let bytes = 0
    response.on('data', (data) => { bytes += data.length })
    response.on('end', () => resolve({ response, bytes }))
    response.on('error', reject)
  }).on('error', reject)
})

const resident = async (pid) => Number((await readFile(`/proc/${pid}/status`, 'latin1')).match(/VmRSS:\s+(\d+)/)[1])
const stats = async () => (await (await fetch(`http://127.0.0.1:${server.port}/stats`)).json())
const until = async (look, what) => {
  for (let i = 0; i < 400; i++) {
    if (await look()) return
    await pause(20)
  }
  assert.fail(what)
}

test('a stream comes in chunks, whole and to the byte, and the connection goes on', async () => {
  for (const bytes of [0, 1, 65535, 65536, 65537, 1000000]) {
    const wire = new Wire(server.port)
    wire.send(ask(`/stream?bytes=${bytes}`) + ask('/plain'))
    await wire.until(() => wire.bytes.includes('quiet day'))
    const all = wire.bytes.toString('latin1')
    const head = all.slice(0, all.indexOf('\r\n\r\n'))
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(head, /\r\nTransfer-Encoding: chunked\r\n/)
    assert.match(head, /\r\nDate: [A-Z][a-z]{2}, /)
    assert.doesNotMatch(head, /Content-Length|Connection/)
    const { body, whole, rest } = unchunk(all.slice(head.length + 4))
    assert.ok(whole)
    assert.equal(body, text(bytes))
    assert.match(rest, /^HTTP\/1\.1 200 OK\r\n/)
    wire.destroy()
  }
})

test('HTTP/1.0 gets it until the end of the connection', async () => {
  const wire = new Wire(server.port)
  wire.send(ask('/stream?bytes=300000', 'Connection: keep-alive\r\n', '1.0'))
  await wire.end()
  const all = wire.bytes.toString('latin1')
  const end = all.indexOf('\r\n\r\n')
  assert.match(all.slice(0, end), /\r\nConnection: close/)
  assert.doesNotMatch(all.slice(0, end), /Transfer-Encoding|Content-Length/)
  assert.equal(all.slice(end + 4), text(300000))
  assert.equal(wire.failure, null)
})

test('HEAD gets the head alone, and the connection goes on', async () => {
  for (const target of ['/stream?bytes=300000', '/file?bytes=300000']) {
    const wire = new Wire(server.port)
    wire.send(ask(target, '', '1.1', 'HEAD') + ask('/plain'))
    await wire.until(() => wire.bytes.includes('quiet day'))
    const [first, second] = wire.bytes.toString('latin1').split('\r\n\r\n')
    assert.match(first, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(first, target.startsWith('/file') ? /\r\nContent-Length: 300000\r\n/ : /\r\nTransfer-Encoding: chunked\r\n/)
    assert.match(second, /^HTTP\/1\.1 200 OK\r\n/)
    wire.destroy()
  }
})

test('one that breaks off has no last chunk', async () => {
  const wire = new Wire(server.port)
  wire.send(ask('/stream?bytes=1000000&fail=1'))
  await wire.end()
  const all = wire.bytes.toString('latin1')
  assert.ok(!unchunk(all.slice(all.indexOf('\r\n\r\n') + 4)).whole)
})

test('200 MB go out in memory that does not grow', async () => {
  await fetchAll('/stream?bytes=20000000')
  const before = await resident(server.pid)
  let most = before
  const watch = setInterval(async () => { most = Math.max(most, await resident(server.pid)) }, 20)
  const cpu = await cpuSeconds(server.pid)
  const { bytes } = await fetchAll('/stream?bytes=200000000')
  clearInterval(watch)
  assert.equal(bytes, 200000000)
  assert.ok(most - before < 8 * 1024, `${before} kB became ${most} kB`)
  assert.ok(await cpuSeconds(server.pid) - cpu < 5, 'more than 5 s of CPU for 200 MB')
})

/** Asks and reads nothing. */
const silent = (target, version = '1.1') => {
  const socket = net.connect({ port: server.port, host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.pause()
  socket.write(ask(target, '', version))
  return socket
}

test('slow readers hold up nobody else, nor much memory', async () => {
  const before = await resident(server.pid)
  const readers = Array.from({ length: 20 }, () => silent('/stream?bytes=200000000'))
  await until(async () => (await stats()).streams === 20, 'the streams did not begin')
  await pause(300)
  const began = Date.now()
  for (let i = 0; i < 50; i++) assert.equal((await fetch(`http://127.0.0.1:${server.port}/plain`)).status, 200)
  assert.ok(Date.now() - began < 3000)
  assert.ok(await resident(server.pid) - before < 20 * 1024)
  for (const socket of readers) socket.destroy()
  await until(async () => (await stats()).streams === 0, 'vanished readers kept their streams')
})

test('a reader that vanishes ends its stream at once', async () => {
  const socket = silent('/stream?bytes=2000000000')
  await until(async () => (await stats()).streams === 1, 'the stream did not begin')
  socket.resetAndDestroy()
  const began = Date.now()
  await until(async () => (await stats()).streams === 0, 'the stream goes on')
  assert.ok(Date.now() - began < 3000)
})

test('a reader that stops, and one that trickles, run into the deadline', async () => {
  const strict = await start({ threads: 1, 'write-ms': 300, 'min-rate': 10000000 })
  try {
    const timeouts = async () => (await (await fetch(`http://127.0.0.1:${strict.port}/stats`)).json()).timeouts
    const cut = async (trickle) => {
      const before = await timeouts()
      const wire = new Wire(strict.port)
      wire.send(ask('/stream?bytes=200000000'))
      const turn = setInterval(() => wire.socket.resume(), 100)
      wire.socket.on('data', () => wire.socket.pause())
      if (!trickle) {
        clearInterval(turn)
        wire.socket.pause()
      }
      for (let i = 0; i < 400 && await timeouts() === before; i++) await pause(25)
      clearInterval(turn)
      assert.equal(await timeouts(), before + 1)
      wire.socket.removeAllListeners('data')
      wire.socket.resume()
      await wire.end()
    }
    await cut(false)
    await cut(true)
  } finally {
    await strict.stop()
  }
})

test('the stop waits for streams, but not beyond its grace', async () => {
  const stopping = await start({ threads: 1, 'grace-ms': 500 })
  const quick = fetch(`http://127.0.0.1:${stopping.port}/stream?bytes=30000000`)
  const stuck = new Wire(stopping.port)
  stuck.socket.pause()
  stuck.send(ask('/stream?bytes=100000000'))
  const response = await quick
  await pause(100)
  const began = Date.now()
  const stopped = stopping.stop()
  assert.equal((await response.arrayBuffer()).byteLength, 30000000)
  await stopped
  assert.ok(Date.now() - began < 3000)
  stuck.socket.resume()
  await stuck.end()
  assert.ok(stuck.bytes.length < 100000000)
})

test('a file is sent to the byte, and the connection goes on', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  for (const bytes of [0, 1, 300, 262144, 262145, 20000000]) {
    const { response, bytes: got } = await fetchAll(`/file?bytes=${bytes}`, agent)
    assert.equal(response.headers['content-length'], String(bytes))
    assert.equal(got, bytes)
  }
  assert.equal(await (await fetch(`http://127.0.0.1:${server.port}/file?bytes=500000`)).text(), text(500000))
  agent.destroy()
})

test('a file that is shorter than was told ends the connection', async () => {
  const wire = new Wire(server.port)
  wire.send(ask('/file?bytes=300000&short=1'))
  await wire.end()
  assert.equal(wire.bytes.length - wire.bytes.indexOf('\r\n\r\n') - 4, 299999)
})

test('no descriptor is left behind', async () => {
  const { readdirSync } = await import('node:fs')
  await until(async () => (await stats()).open <= 1, 'connections stay open')
  const count = () => readdirSync(`/proc/${server.pid}/fd`).length
  const before = count()
  for (let i = 0; i < 30; i++) {
    await fetchAll('/file?bytes=1000')
    const gone = silent('/file?bytes=20000000')
    await pause(5)
    gone.destroy()
    const stream = silent('/stream?bytes=20000000')
    await pause(5)
    stream.destroy()
  }
  await until(() => count() <= before + 1, `${before} descriptors became ${count()}`)
})
