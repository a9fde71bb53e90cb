// Deadlines, limits, exhaustion and the end: nobody can hold the server, and it never spins.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Wire, cpuSeconds, pause, start, talk } from './wire.mjs'

const H = 'Host: desk\r\n'
const get = (target) => `GET ${target} HTTP/1.1\r\n${H}\r\n`

async function serving(flags, body, before) {
  const server = await start(flags, before)
  try {
    await body(server)
  } finally {
    await server.stop()
  }
}

/** Sends a byte every `ms` until the peer ends the connection; says how long that took. */
async function drip(wire, bytes, ms) {
  const begin = Date.now()
  for (let i = 0; !wire.closed && Date.now() - begin < 8000; i++) {
    wire.send(bytes[i % bytes.length])
    await pause(ms)
  }
  return Date.now() - begin
}

test('a slow sender of a head is cut by an absolute deadline', { concurrency: true }, () =>
  serving({ 'head-ms': 500 }, async ({ port }) => {
    const wire = new Wire(port)
    wire.send(`GET / HTTP/1.1\r\n${H}`)
    const took = await drip(wire, 'X-A: b\r\n', 20)
    assert.ok(took >= 450 && took < 2000, `${took} ms`)
    const answer = await wire.answer()
    assert.equal(answer.status, 408)
    assert.equal(answer.headers.connection, 'close')
    wire.destroy()
    assert.equal((await talk(port, get('/stats'))).json.timeouts, 1)
  }))

test('a slow sender of a body is cut by an absolute deadline', { concurrency: true }, () =>
  serving({ 'body-ms': 500, 'min-rate': 1000000 }, async ({ port }) => {
    for (const lines of ['Content-Length: 100000\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n']) {
      const wire = new Wire(port)
      wire.send(`POST / HTTP/1.1\r\n${H}${lines}`)
      const took = await drip(wire, '1\r\na\r\n', 20)
      assert.ok(took >= 450 && took < 2500, `${took} ms`)
      assert.equal((await wire.answer()).status, 408)
      wire.destroy()
    }
  }))

test('a slow but steady sender over the least rate is borne', { concurrency: true }, () =>
  serving({ 'body-ms': 200, 'min-rate': 1000 }, async ({ port }) => {
    const wire = new Wire(port)
    wire.send(`POST / HTTP/1.1\r\n${H}Content-Length: 4000\r\n\r\n`)
    for (let i = 0; i < 40; i++) {
      wire.send('x'.repeat(100))
      await pause(30)
    }
    assert.equal((await wire.answer()).json.length, 4000)
    wire.destroy()
  }))

test('an idle connection is closed in silence, one that is used is not', { concurrency: true }, () =>
  serving({ 'idle-ms': 400 }, async ({ port }) => {
    const idle = new Wire(port)
    const used = new Wire(port)
    const begin = Date.now()
    for (let i = 0; i < 12; i++) {
      used.send(get('/plain'))
      assert.equal((await used.answer()).status, 200)
      await pause(100)
    }
    assert.equal(idle.closed, true)
    assert.equal(idle.bytes.length, 0)
    assert.equal(used.closed, false)
    await used.end()
    assert.ok(Date.now() - begin < 3000)
    idle.destroy()
    used.destroy()
  }))

test('a slow reader is cut, and what it did not read is let go', { concurrency: true }, () =>
  serving({ 'write-ms': 500, 'min-rate': 1000000000, 'answer-max': 70000000 }, async ({ port }) => {
    const wire = new Wire(port)
    wire.socket.pause()
    wire.send(get('/large?bytes=60000000'))
    const begin = Date.now()
    for (;;) {
      const { json } = await talk(port, get('/stats'))
      if (json.open === 1) break
      assert.ok(Date.now() - begin < 5000)
      await pause(50)
    }
    assert.ok(Date.now() - begin >= 400)
    assert.equal((await talk(port, get('/stats'))).json.timeouts, 1)
    wire.destroy()
  }))

test('an announced body over the limit is 413 at once, and is not read whole', { concurrency: true }, () =>
  serving({ 'max-body': 1000 }, async ({ port }) => {
    const at = await talk(port, `POST / HTTP/1.1\r\n${H}Content-Length: 1000\r\n\r\n${'x'.repeat(1000)}`)
    assert.equal(at.status, 200)
    const over = new Wire(port)
    over.send(`POST / HTTP/1.1\r\n${H}Content-Length: 200000000\r\n\r\n`)
    assert.equal((await over.answer()).status, 413)
    await over.end()
    const before = (await talk(port, get('/stats'))).json.bytes_in
    const piece = Buffer.alloc(1 << 20)
    for (let i = 0; i < 64 && !over.failure; i++) {
      over.send(piece)
      await pause(5)
    }
    const taken = (await talk(port, get('/stats'))).json.bytes_in - before
    assert.ok(taken < 8 << 20, `${taken} bytes`)
    over.destroy()
  }))

test('a chunked body is refused as soon as it passes the limit', { concurrency: true }, () =>
  serving({ 'max-body': 1000 }, async ({ port }) => {
    const fits = await talk(port, `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3e8\r\n${'x'.repeat(1000)}\r\n0\r\n\r\n`)
    assert.equal(fits.json.length, 1000)
    for (const body of ['3e9\r\n', `3e8\r\n${'x'.repeat(1000)}\r\n1\r\n`, 'fffffff\r\n']) {
      const answer = await talk(port, `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n${body}`)
      assert.equal(answer.status, 413)
      assert.equal(answer.closed, true)
    }
  }))

test('a client that sends its whole body first still reads its 413', { concurrency: true }, () =>
  serving({ 'max-body': 1000 }, async ({ port }) => {
    for (let i = 0; i < 10; i++) {
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x'.repeat(2_000_000) })
      assert.equal(response.status, 413)
      await response.text()
    }
  }))

test('a small head limit holds', { concurrency: true }, () =>
  serving({ 'head-max': 300 }, async ({ port }) => {
    assert.equal((await talk(port, get('/'))).status, 200)
    assert.equal((await talk(port, `GET / HTTP/1.1\r\n${H}X: ${'a'.repeat(300)}\r\n\r\n`)).status, 431)
    assert.equal((await talk(port, `GET /${'a'.repeat(400)} HTTP/1.1\r\n${H}\r\n`)).status, 414)
    const wire = new Wire(port)
    wire.send(get('/a').repeat(40))
    for (let i = 0; i < 40; i++) assert.equal((await wire.answer()).status, 200)
    wire.destroy()
  }))

test('an answer over its maximum becomes 500, not half an answer', { concurrency: true }, () =>
  serving({ 'answer-max': 5000 }, async ({ port }) => {
    assert.equal((await talk(port, get('/large?bytes=5000'))).body.length, 5000)
    const over = await talk(port, get('/large?bytes=5001'))
    assert.equal(over.status, 500)
    assert.equal(over.body, '')
  }))

test('connections over the maximum are turned away, later ones are served', { concurrency: true }, () =>
  serving({ connections: 10 }, async ({ port }) => {
    const held = Array.from({ length: 10 }, () => new Wire(port))
    for (const wire of held) {
      wire.send(get('/plain'))
      await wire.answer()
    }
    const over = new Wire(port)
    assert.equal((await over.answer()).status, 503)
    await over.end()
    over.destroy()
    held[0].send(get('/plain'))
    assert.equal((await held[0].answer()).status, 200)
    held.forEach((wire) => wire.destroy())
    await pause(50)
    assert.equal((await talk(port, get('/plain'))).status, 200)
  }))

test('without descriptors the server turns clients away, serves on, and does not spin', { concurrency: true }, () =>
  serving({ threads: 1 }, async ({ port, pid }) => {
    const held = Array.from({ length: 80 }, () => new Wire(port))
    await pause(300)
    const served = held.filter((wire) => !wire.closed)
    assert.ok(served.length > 5 && served.length < 40, `${served.length} connections stand`)
    const before = await cpuSeconds(pid)
    await pause(1000)
    assert.ok((await cpuSeconds(pid)) - before < 0.2)
    for (const wire of served) {
      wire.send(get('/plain'))
      assert.equal((await wire.answer()).status, 200)
    }
    held.forEach((wire) => wire.destroy())
    await pause(100)
    assert.equal((await talk(port, get('/plain'))).status, 200)
  }, ['prlimit', '--nofile=40']))

test('an idle server with idle connections uses no time and little memory', { concurrency: true }, () =>
  serving({ connections: 4000 }, async ({ port, pid }) => {
    const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1])
    await talk(port, get('/plain'))
    const small = resident()
    const wires = []
    for (let i = 0; i < 2000; i++) {
      const wire = new Wire(port)
      wire.send(get('/plain'))
      wires.push(wire)
      if (i % 50 === 49) await Promise.all(wires.slice(-50).map((one) => one.answer()))
    }
    // Sanitizers pad every allocation; even so a connection holds no buffer of its own.
    const each = ((resident() - small) * 1024) / 2000
    assert.ok(each < 4096, `${each} bytes a connection`)
    const before = await cpuSeconds(pid)
    await pause(500)
    assert.ok((await cpuSeconds(pid)) - before < 0.1)
    wires.forEach((wire) => wire.destroy())
  }))

test('a graceful stop finishes what runs, closes what is idle, and takes nobody new', { concurrency: true }, async () => {
  const server = await start({ 'grace-ms': 4000 })
  const idle = new Wire(server.port)
  const busy = new Wire(server.port)
  idle.send(get('/plain'))
  await idle.answer()
  busy.send(get('/later?ms=600') + get('/never'))
  await pause(100)
  const begin = Date.now()
  const stopped = server.stop()
  await idle.end(1000)
  await assert.rejects(talk(server.port, get('/')))
  const answer = await busy.answer()
  assert.equal(answer.json.path, '/later')
  assert.equal(answer.headers.connection, 'close')
  await busy.end()
  assert.equal(busy.bytes.length, 0)
  await stopped
  idle.destroy()
  busy.destroy()
  assert.ok(Date.now() - begin < 3000)
})

test('a stop does not wait longer than its grace', { concurrency: true }, async () => {
  const server = await start({ 'grace-ms': 300 })
  const wire = new Wire(server.port)
  wire.send(get('/later?ms=1500'))
  await pause(100)
  const begin = Date.now()
  const stopped = server.stop()
  await wire.end(1200)
  assert.ok(Date.now() - begin < 1200)
  await stopped
  wire.destroy()
})
