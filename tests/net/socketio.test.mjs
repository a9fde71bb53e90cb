// Socket.IO with the clients that people use: socket.io-client on both transports and Debian's python3-socketio; and
// by the letters of its protocol where a good client would not go.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import { after, before, describe, it } from 'node:test'
import { io } from 'socket.io-client'
import { WebSocket } from 'ws'
import { Wire, pause } from './wire.mjs'
import { start } from './sockets.mjs'

let server
before(async () => {
  server = await start()
})
after(() => server.stop())

const clients = new Set()
function client(namespace = '/', options = {}) {
  const socket = io(server.url + namespace, { forceNew: true, reconnection: false, ...options })
  clients.add(socket)
  return socket
}
after(() => {
  for (const socket of clients) socket.disconnect()
})

const heard = (socket, event) => new Promise((resolve) => socket.once(event, (...args) => resolve(args)))

for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
  describe(`socket.io-client over ${transports.join(', then ')}`, () => {
    it('connects with its token and is told so', async () => {
      const socket = client('/', { transports, auth: { token: 'Bearer x' } })
      assert.deepEqual(await heard(socket, 'auth'), [{ token: 'Bearer x' }])
      assert.equal(socket.connected, true)
      socket.disconnect()
    })

    it('joins a namespace of its own beside the main one on the same session', async () => {
      const main = client('/', { transports })
      await heard(main, 'auth')
      const custom = main.io.socket('/custom')
      await heard(custom, 'auth')
      custom.emit('message', 'to custom')
      assert.deepEqual(await heard(custom, 'message-back'), ['to custom'])
      custom.disconnect()
      main.emit('message', 'to main')
      assert.deepEqual(await heard(main, 'message-back'), ['to main'])
      main.disconnect()
    })

    it('exchanges events with any JSON and with bytes', async () => {
      const socket = client('/', { transports })
      await heard(socket, 'auth')
      const args = [1, '2', { 3: [true, null, 'ü😀\u0000"\\'] }]
      socket.emit('message', ...args)
      assert.deepEqual(await heard(socket, 'message-back'), args)
      socket.emit('message', Buffer.from([1, 2, 3]), { deep: [Buffer.alloc(70000, 5)] })
      const [first, second] = await heard(socket, 'message-back')
      assert.deepEqual(Buffer.from(first), Buffer.from([1, 2, 3]))
      assert.deepEqual(Buffer.from(second.deep[0]), Buffer.alloc(70000, 5))
      socket.disconnect()
    })

    it('has its events acknowledged, also with bytes', async () => {
      const socket = client('/', { transports })
      await heard(socket, 'auth')
      const ask = (...args) => new Promise((resolve) => socket.emit('message-with-ack', ...args, (...back) => resolve(back)))
      assert.deepEqual(await ask(1, '2', { 3: [false] }), [1, '2', { 3: [false] }])
      const [bytes] = await ask(Buffer.from([7, 8]))
      assert.deepEqual(Buffer.from(bytes), Buffer.from([7, 8]))
      assert.equal((await Promise.all(Array.from({ length: 50 }, (_, i) => ask(i)))).every(([x], i) => x === i), true)
      socket.disconnect()
    })

    it('is refused with the reason and its data', async () => {
      const bad = client('/', { transports, auth: { token: 'bad' } })
      const [error] = await heard(bad, 'connect_error')
      assert.equal(error.message, 'Unauthorized')
      assert.deepEqual(error.data, { code: 401 })
      bad.disconnect()
      const unknown = client('/random', { transports })
      const [second] = await heard(unknown, 'connect_error')
      assert.equal(second.message, 'Invalid namespace')
      unknown.disconnect()
    })

    it('may be accepted and spoken to by another thread', async () => {
      const socket = client('/', { transports, auth: { token: 'slow' } })
      await heard(socket, 'auth')
      socket.emit('later')
      assert.deepEqual(await heard(socket, 'late'), [1])
      socket.disconnect()
    })

    it('keeps its events in order while it connects and goes over', async () => {
      const socket = client('/', { transports })
      const got = []
      socket.on('message-back', (n) => got.push(n))
      let n = 0
      for (; n < 50; n++) socket.emit('message', n) /* before it is connected */
      await heard(socket, 'auth')
      const until = Date.now() + 400
      while (Date.now() < until) {
        socket.emit('message', n++)
        await pause(1)
      }
      while (got.length < n) await pause(5)
      assert.deepEqual(got, Array.from({ length: n }, (_, i) => i))
      assert.equal(socket.io.engine.transport.name, transports.at(-1))
      socket.disconnect()
    })

    it('is disconnected from its namespace or altogether', async () => {
      const kicked = client('/', { transports })
      await heard(kicked, 'auth')
      kicked.emit('kick')
      assert.equal((await heard(kicked, 'disconnect'))[0], 'io server disconnect')
      kicked.connect()
      await heard(kicked, 'auth')
      kicked.emit('close')
      assert.match((await heard(kicked, 'disconnect'))[0], /io server disconnect|transport close/)
      kicked.disconnect()
    })

    it('stays connected over many heartbeats', async () => {
      const socket = client('/', { transports })
      await heard(socket, 'auth')
      await pause(1500)
      assert.equal(socket.connected, true)
      socket.disconnect()
    })
  })
}

describe('a close that crosses the upgrade', () => {
  // The client stops polling once its probe is answered; where it is then told only that the probe ended, it hears
  // of the close no sooner than by its ping's deadline.
  it('is heard at once, whenever it comes', async () => {
    const reasons = []
    await Promise.all(Array.from({ length: 4 }, async () => {
      for (let i = 0; i < 100; i++) {
        const socket = client('/', { transports: ['polling', 'websocket'] })
        await heard(socket, 'auth')
        await pause((i % 12) / 2)
        socket.emit('close')
        reasons.push((await heard(socket, 'disconnect'))[0])
      }
    }))
    assert.deepEqual(reasons.filter((reason) => !/^(io server disconnect|transport close)$/.test(reason)), [])
  })
})

describe('rooms', () => {
  it('bring an event to all who joined, on either transport and loop, and to nobody else', async () => {
    const all = Array.from({ length: 12 }, (_, i) => client('/', { transports: [i % 2 ? 'polling' : 'websocket'] }))
    const got = all.map(() => [])
    all.forEach((socket, i) => socket.on('heard', (...args) => got[i].push(args)))
    await Promise.all(all.map((socket) => heard(socket, 'auth')))
    await Promise.all(all.slice(0, 10).map((socket) => socket.emitWithAck('join', 'blue')))
    await all[9].emitWithAck('leave', 'blue')
    for (let n = 0; n < 20; n++) all[0].emit('shout', 'blue', n, { by: 0 })
    all[11].emit('shout', 'red', 'nobody')
    const wanted = Array.from({ length: 20 }, (_, n) => [n, { by: 0 }])
    while (got.slice(1, 9).some((list) => list.length < 20)) await pause(5)
    await pause(50)
    got.forEach((list, i) => assert.deepEqual(list, i > 0 && i < 9 ? wanted : []))
    for (const socket of all) socket.disconnect()
  })

  it('forget who went', async () => {
    const one = client('/', { transports: ['websocket'] })
    const two = client('/', { transports: ['websocket'] })
    await Promise.all([heard(one, 'auth'), heard(two, 'auth')])
    await Promise.all([one.emitWithAck('join', 'green'), two.emitWithAck('join', 'green')])
    two.io.engine.close()
    await pause(50)
    one.emit('shout', 'green', 1)
    assert.deepEqual(await one.emitWithAck('message-with-ack', 'fine'), 'fine')
    one.disconnect()
  })
})

describe('a client that lost its connection', () => {
  it('comes back by itself after a restart of the server', async () => {
    const first = await start()
    const socket = io(first.url, { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 100, auth: { token: 'x' } })
    let second
    try {
      await heard(socket, 'auth')
      const gone = heard(socket, 'disconnect')
      await first.stop()
      await gone
      second = await start(['--listen', first.address])
      assert.deepEqual(await heard(socket, 'auth'), [{ token: 'x' }])
      assert.equal(await socket.emitWithAck('message-with-ack', 'again'), 'again')
    } finally {
      socket.disconnect()
      await second?.stop()
    }
  })

  it('comes back by itself', async () => {
    const socket = client('/', { transports: ['websocket'], reconnection: true, reconnectionDelay: 20 })
    await heard(socket, 'auth')
    const first = socket.id
    socket.io.engine.transport.ws.terminate()
    await heard(socket, 'auth')
    assert.notEqual(socket.id, first)
    socket.emit('message', 'again')
    assert.deepEqual(await heard(socket, 'message-back'), ['again'])
    socket.disconnect()
  })
})

describe('by the letters of the protocol', () => {
  async function raw(...words) {
    const ws = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
    ws.on('error', () => {})
    const got = []
    ws.on('message', (data, binary) => {
      if (!binary && String(data) === '2') ws.send('3')
      else got.push(binary ? data : String(data))
    })
    await once(ws, 'open')
    for (const word of words) ws.send(word)
    return { ws, got }
  }

  it('answers as the document shows', async () => {
    const { ws, got } = await raw('40/custom,{"token":"abc"}', '40/random')
    while (got.length < 4) await pause(1)
    assert.match(got[1], /^40\/custom,\{"sid":"[\w-]{20}"\}$/)
    assert.equal(got[2], '42/custom,["auth",{"token":"abc"}]')
    assert.equal(got[3], '44/random,{"message":"Invalid namespace"}')
    ws.send('452-/custom,789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
    ws.send(Uint8Array.from([1, 2, 3]))
    ws.send(Uint8Array.from([4, 5, 6]))
    while (got.length < 7) await pause(1)
    assert.equal(got[4], '462-/custom,789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
    assert.deepEqual(got.slice(5), [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])])
    ws.close()
  })

  it('answers in the main namespace without naming it', async () => {
    const { ws, got } = await raw('40')
    while (got.length < 3) await pause(1)
    assert.match(got[1], /^40\{"sid":"[\w-]{20}"\}$/)
    assert.equal(got[2], '42["auth",{}]')
    ws.send('42["message",1,"2",{"3":[true]}]')
    ws.send('42456["message-with-ack",1,"2",{"3":[false]}]')
    ws.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
    ws.send(Uint8Array.from([1, 2, 3]))
    ws.send(Uint8Array.from([4, 5, 6]))
    while (got.length < 8) await pause(1)
    assert.deepEqual(got.slice(3, 5), ['42["message-back",1,"2",{"3":[true]}]', '43456[1,"2",{"3":[false]}]'])
    assert.equal(got[5], '452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
    assert.deepEqual(got.slice(6), [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])])
    ws.close()
  })

  it('leaves the connection open when a namespace is left, also the main one', async () => {
    const { ws, got } = await raw('40', '40/custom')
    while (got.length < 5) await pause(1)
    ws.send('41/custom')
    ws.send('42["message","message to main namespace"]')
    while (got.length < 6) await pause(1)
    assert.equal(got[5], '42["message-back","message to main namespace"]')
    ws.send('41')
    await pause(700) /* a heartbeat, and the time to answer it */
    assert.equal(ws.readyState, WebSocket.OPEN)
    ws.send('40')
    while (got.length < 8) await pause(1)
    assert.equal(got[7], '42["auth",{}]')
    ws.close()
  })

  it('closes who asks for no namespace in time', async () => {
    const hasty = await start(['--connect-timeout', '150'])
    try {
      const since = performance.now()
      const ws = new WebSocket(`${hasty.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
      ws.on('message', (data) => String(data) === '2' && ws.send('3'))
      await once(ws, 'close')
      const took = performance.now() - since
      assert.ok(took > 140 && took < 1500, `${took} ms`)
      const text = await (await fetch(`${hasty.url}/socket.io/?EIO=4&transport=polling`)).text()
      await pause(250)
      const { sid } = JSON.parse(text.slice(1))
      assert.equal(await (await fetch(`${hasty.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`)).text(), '1')
      /* The poll's answer is on its way before its session is taken down. */
      while ((await hasty.sessions()) > 0) await pause(5)
    } finally {
      await hasty.stop()
    }
  })

  it('closes or refuses ten million nested arrays, and nobody else notices', async () => {
    const calm = await start(['--ping-interval', '600000'])
    try {
      const other = io(calm.url, { forceNew: true, reconnection: false, transports: ['websocket'] })
      await heard(other, 'auth')
      const nested = `42["a",${'['.repeat(10_000_000)}`
      const ws = new WebSocket(`${calm.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
      ws.on('error', () => {})
      await once(ws, 'open')
      ws.send('40')
      ws.send(nested)
      const [code] = await once(ws, 'close')
      assert.equal(code, 1009)
      const text = await (await fetch(`${calm.url}/socket.io/?EIO=4&transport=polling`)).text()
      const { sid } = JSON.parse(text.slice(1))
      const where = `${calm.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`
      const status = await fetch(where, { method: 'POST', body: nested }).then((answer) => answer.status, (error) => error.cause.code)
      assert.ok([413, 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(status), `${status}`)
      assert.equal(await other.emitWithAck('message-with-ack', 'here'), 'here')
      other.disconnect()
    } finally {
      await calm.stop()
    }
  })

  it('closes who breaks it, and nobody else notices', async () => {
    const other = client('/', { transports: ['websocket'] })
    await heard(other, 'auth')
    const deep = `42["a",${'['.repeat(900000)}`
    const lies = [
      ['4abc'],
      ['40', '42{}'],
      ['40', '42abc["message-with-ack",1]'],
      ['42["before connecting"]'],
      ['40', '40'],
      ['40', deep],
      ['40', '451-["message",{"_placeholder":true,"num":0}]', '42["too early"]'],
      ['40', '451-["message",{"_placeholder":true,"num":1}]'],
      ['40', '4511-["message"]'],
      ['40', Uint8Array.from([1])],
    ]
    for (const words of lies) {
      const { ws } = await raw(...words)
      if (ws.readyState !== WebSocket.CLOSED) await once(ws, 'close')
    }
    assert.equal(await other.emitWithAck('message-with-ack', 'here'), 'here')
    other.disconnect()
  })

  it("keeps one session's sid from opening another's upgrade twice", async () => {
    const text = await (await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`)).text()
    const { sid } = JSON.parse(text.slice(1))
    const query = `${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=${sid}`
    const first = new WebSocket(query)
    const second = new WebSocket(query)
    for (const ws of [first, second]) ws.on('error', () => {})
    const [loser] = await Promise.race([once(first, 'close').then(() => [first]), once(second, 'close').then(() => [second])])
    const winner = loser === first ? second : first
    winner.send('2probe')
    const [data] = await once(winner, 'message')
    assert.equal(String(data), '3probe')
    winner.close()
  })

  it('closes unmasked frames and bears a byte at a time', async () => {
    const head =
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
    const wire = new Wire(server.port)
    for (const byte of Buffer.from(head)) wire.socket.write(Buffer.from([byte]))
    while (!wire.bytes.includes('"maxPayload"')) await pause(1)
    assert.match(String(wire.bytes), /^HTTP\/1\.1 101 Switching Protocols\r\n/)
    assert.match(String(wire.bytes), /Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/)
    const masked = Buffer.concat([Buffer.from([0x81, 0x82, 0, 0, 0, 0]), Buffer.from('40')])
    for (const byte of masked) wire.socket.write(Buffer.from([byte]))
    while (!wire.bytes.includes('40{"sid"')) await pause(1)
    wire.socket.write(Buffer.from([0x81, 0x02, 0x34, 0x30]))
    while (!wire.closed) await pause(1)
    assert.ok(wire.bytes.includes(Buffer.from([0x88, 0x02, 0x03, 0xea])))
  })

  it('leaves no session behind', async () => {
    for (const socket of clients) socket.disconnect()
    const deadline = Date.now() + 5000
    while ((await server.sessions()) > 0 && Date.now() < deadline) await pause(50)
    assert.equal(await server.sessions(), 0)
  })
})

describe('half-open handshakes', () => {
  it('over their maximum are turned away, while those who have joined stay', async () => {
    const small = await start(['--unjoined', '3'])
    try {
      const joined = io(small.url, { forceNew: true, reconnection: false, transports: ['websocket'] })
      await heard(joined, 'auth')
      const handshake = () => fetch(`${small.url}/socket.io/?EIO=4&transport=polling`)
      const answers = await Promise.all(Array.from({ length: 10 }, handshake))
      assert.equal(answers.filter(({ status }) => status === 200).length, 3)
      const away = answers.find(({ status }) => status !== 200)
      assert.equal(away.status, 503)
      assert.equal(away.headers.get('retry-after'), '1')
      assert.equal(await joined.emitWithAck('message-with-ack', 'here'), 'here')
      await pause(700) /* the half-open ones have missed their pong */
      assert.equal((await handshake()).status, 200)
      joined.disconnect()
    } finally {
      await small.stop()
    }
  })
})

describe('thousands of half-open handshakes', () => {
  it('take what is set aside for them and no more', async () => {
    const crowded = await start(['--ping-interval', '60000'])
    const agent = new http.Agent({ keepAlive: true, maxSockets: 64 })
    try {
      const joined = io(crowded.url, { forceNew: true, reconnection: false, transports: ['websocket'] })
      await heard(joined, 'auth')
      const handshake = () =>
        new Promise((resolve, reject) => {
          const request = http.get(`${crowded.url}/socket.io/?EIO=4&transport=polling`, { agent }, (answer) => {
            answer.resume()
            answer.on('end', () => resolve(answer.statusCode))
          })
          request.on('error', reject)
        })
      const statuses = await Promise.all(Array.from({ length: 3000 }, handshake))
      assert.equal(statuses.filter((status) => status === 200).length, 2000)
      assert.equal(statuses.filter((status) => status === 503).length, 1000)
      assert.equal(await joined.emitWithAck('message-with-ack', 'here'), 'here')
      joined.disconnect()
    } finally {
      agent.destroy()
      await crowded.stop()
    }
  })
})

describe('python3-socketio', () => {
  const script = `
import sys, socketio
for transports in (["polling"], ["websocket"], ["polling", "websocket"]):
    client, got = socketio.Client(), []
    client.on("auth", lambda data: got.append(data))
    client.on("message-back", lambda *args: got.append(args))
    client.connect(sys.argv[1], auth={"token": "py"}, transports=transports, wait_timeout=5)
    assert client.call("message-with-ack", {"a": [1, b"\\x01\\x02"]}, timeout=5) == {"a": [1, b"\\x01\\x02"]}
    client.emit("message", ("x", b"\\xff"))
    client.sleep(1)
    assert got == [{"token": "py"}, ("x", b"\\xff")], got
    assert client.transport() == transports[-1], client.transport()
    client.disconnect()
print("fine")
`

  it('speaks with it on every transport', async () => {
    const child = spawn('/usr/bin/python3', ['-c', script, server.url], { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    child.stdout.on('data', (text) => (out += text))
    child.stderr.on('data', (text) => (out += text))
    const [code] = await once(child, 'exit')
    assert.equal(code, 0, out)
    assert.match(out, /fine/)
  })
})
