// Engine.IO by the letters of its protocol: raw requests and raw WebSockets, on two loops, so that polls, posts and
// upgrades come in on other threads than their session's.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { Socket } from 'engine.io-client'
import { WebSocket } from 'ws'
import { pause } from './wire.mjs'
import { start } from './sockets.mjs'

const PING_INTERVAL = 300
const PING_TIMEOUT = 200

let server
let calm // asks nobody whether they live: for what has nothing to do with heartbeats, on a busy machine too
let current
before(async () => {
  server = current = await start()
  calm = await start(['--ping-interval', '600000'])
})
after(async () => {
  await server.stop()
  await calm.stop()
})

/** The tests of this group speak with the calm one. */
function calmly() {
  before(() => {
    current = calm
  })
  after(() => {
    current = server
  })
}

const url = (query) => `${current.url}/engine.io/?${query}`
const get = (query, options) => fetch(url(query), options)
const poll = (sid) => get(`EIO=4&transport=polling&sid=${sid}`)
const post = (sid, body) => get(`EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body })
const socket = (query) => new WebSocket(url(query).replace('http', 'ws'), { perMessageDeflate: false })

async function open() {
  const text = await (await get('EIO=4&transport=polling')).text()
  assert.equal(text[0], '0')
  return JSON.parse(text.slice(1)).sid
}

/** The messages of a WebSocket as they come; next() takes one, pings left out unless asked for. */
function mailbox(ws, pings = false) {
  const got = []
  const waiting = []
  ws.on('message', (data, binary) => {
    if (!pings && !binary && String(data) === '2') return
    got.push(binary ? data : String(data))
    waiting.shift()?.()
  })
  ws.on('error', () => {})
  return async () => {
    if (got.length === 0) await new Promise((resolve) => waiting.push(resolve))
    return got.shift()
  }
}

async function openWebSocket(pings) {
  const ws = socket('EIO=4&transport=websocket')
  const next = mailbox(ws, pings)
  const handshake = await next()
  return { ws, next, handshake }
}

async function refused(query, status, body, options) {
  const answer = await get(query, options)
  assert.equal(answer.status, status)
  assert.deepEqual(await answer.json(), body)
}

describe('the handshake', () => {
  it('opens a session by long-polling with exactly the five keys of the protocol', async () => {
    const answer = await get('EIO=4&transport=polling')
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'text/plain; charset=UTF-8')
    assert.equal(answer.headers.get('access-control-allow-origin'), '*')
    const text = await answer.text()
    const { sid, ...rest } = JSON.parse(text.slice(1))
    assert.match(sid, /^[\w-]{20}$/)
    assert.deepEqual(rest, {
      upgrades: ['websocket'],
      pingInterval: PING_INTERVAL,
      pingTimeout: PING_TIMEOUT,
      maxPayload: 1000000,
    })
  })

  it('opens a session by WebSocket', async () => {
    const { ws, handshake } = await openWebSocket()
    const { sid, ...rest } = JSON.parse(handshake.slice(1))
    assert.match(sid, /^[\w-]{20}$/)
    assert.deepEqual(rest, {
      upgrades: [],
      pingInterval: PING_INTERVAL,
      pingTimeout: PING_TIMEOUT,
      maxPayload: 1000000,
    })
    ws.close()
  })

  it('is refused with the codes of the reference', async () => {
    const version = { code: 5, message: 'Unsupported protocol version' }
    await refused('EIO=4', 400, { code: 0, message: 'Transport unknown' })
    await refused('EIO=4&transport=abc', 400, { code: 0, message: 'Transport unknown' })
    await refused('EIO=4&transport=polling&sid=nobody', 400, { code: 1, message: 'Session ID unknown' })
    await refused('EIO=4&transport=polling&sid=_gAAAAAAAAAAAAAAAAAA', 400, { code: 1, message: 'Session ID unknown' })
    for (const method of ['POST', 'PUT', 'DELETE']) {
      await refused('EIO=4&transport=polling', 400, { code: 2, message: 'Bad handshake method' }, { method })
    }
    await refused('EIO=4&transport=websocket', 400, { code: 3, message: 'Bad request' })
    await refused('transport=polling', 400, version)
    await refused('EIO=abc&transport=polling', 400, version)
    await refused('EIO=3&transport=polling', 400, version)
  })

  it('is refused for WebSockets before they are open', async () => {
    const unknown = 'EIO=4&transport=websocket&sid='
    for (const query of ['transport=websocket', 'EIO=abc&transport=websocket', 'EIO=4', 'EIO=4&transport=abc', `${unknown}nobody`, `${unknown}AAAAAAAAAAAAAAAAAAAA`]) {
      const ws = socket(query)
      const [error] = await once(ws, 'error')
      assert.match(error.message, /400/)
    }
  })

  it('lets other origins in after asking', async () => {
    const answer = await get('EIO=4&transport=polling', { method: 'OPTIONS' })
    assert.equal(answer.status, 204)
    assert.equal(answer.headers.get('access-control-allow-origin'), '*')
    assert.match(answer.headers.get('access-control-allow-methods'), /POST/)
  })
})

describe('messages', () => {
  calmly()

  it('come back by long-polling, several in one payload, texts and bytes', async () => {
    const sid = await open()
    for (const payload of ['4hello', '4test1\x1e4test2\x1e4test3', '4hello\x1ebAQIDBA==']) {
      const sent = await post(sid, payload)
      assert.equal(sent.status, 200)
      assert.equal(await sent.text(), 'ok')
      assert.equal(await (await poll(sid)).text(), payload)
    }
  })

  it('come back by long-polling up to the maximum', async () => {
    const sid = await open()
    const longest = `4${'x'.repeat(999999)}`
    assert.equal((await post(sid, longest)).status, 200)
    assert.equal(await (await poll(sid)).text(), longest)
  })

  it('end a poll that is held', async () => {
    const sid = await open()
    const held = poll(sid)
    await pause(50)
    await post(sid, '4late')
    assert.equal(await (await held).text(), '4late')
  })

  it('come back by WebSocket, texts and bytes', async () => {
    const { ws, next } = await openWebSocket()
    ws.send('4hello')
    assert.equal(await next(), '4hello')
    ws.send(Uint8Array.from([1, 2, 3, 4]))
    assert.deepEqual(await next(), Buffer.from([1, 2, 3, 4]))
    ws.send(`4${'x'.repeat(999999)}`)
    assert.equal((await next()).length, 1000000)
    ws.close()
  })

  it('that are garbage close a polling session', async () => {
    for (const body of ['abc', '4a\x1e', 'b!', '9', Buffer.from([0x34, 0xff])]) {
      const sid = await open()
      assert.equal((await post(sid, body)).status, 400)
      assert.equal((await poll(sid)).status, 400)
    }
  })

  it('that are garbage close a WebSocket', async () => {
    for (const text of ['abc', '2', '5', '0', '']) {
      const { ws } = await openWebSocket()
      ws.send(text)
      await once(ws, 'close')
    }
  })

  it('over the maximum are refused, and nobody else notices', async () => {
    const sid = await open()
    const other = await openWebSocket()
    assert.equal((await post(sid, `4${'x'.repeat(1000000)}`)).status, 413)
    assert.equal((await post(sid, '4still there')).status, 200)
    assert.equal(await (await poll(sid)).text(), '4still there')
    const { ws } = await openWebSocket()
    ws.send(`4${'x'.repeat(1000000)}`)
    const [code] = await once(ws, 'close')
    assert.equal(code, 1009)
    other.ws.send('4me too')
    assert.equal(await other.next(), '4me too')
    other.ws.close()
  })

  it('from two polls at once close the session', async () => {
    const sid = await open()
    const first = poll(sid)
    await pause(50)
    assert.equal((await poll(sid)).status, 400)
    assert.equal(await (await first).text(), '1')
    assert.equal((await poll(sid)).status, 400)
  })
})

describe('a poll', () => {
  calmly()

  it('that is given up closes the session, on whichever loop it came', async () => {
    for (let round = 0; round < 8; round++) {
      const sid = await open()
      const gone = new AbortController()
      const held = get(`EIO=4&transport=polling&sid=${sid}`, { signal: gone.signal }).catch(() => {})
      await pause(30)
      gone.abort()
      await held
      await pause(30)
      await refused(`EIO=4&transport=polling&sid=${sid}`, 400, { code: 1, message: 'Session ID unknown' })
    }
  })

  it("by somebody who holds another session's sid hears that session alone", async () => {
    const [one, two] = [await open(), await open()]
    await post(one, '4for one')
    await post(two, '4for two')
    assert.equal(await (await poll(two)).text(), '4for two')
    assert.equal(await (await poll(one)).text(), '4for one')
  })
})

describe('heartbeats', () => {
  it('go out every interval by long-polling', async () => {
    const sid = await open()
    for (let i = 0; i < 3; i++) {
      assert.equal(await (await poll(sid)).text(), '2')
      assert.equal((await post(sid, '3')).status, 200)
    }
  })

  it('go out every interval by WebSocket, to the millisecond but for what the machine does', async () => {
    const { ws, next } = await openWebSocket(true)
    for (let i = 0; i < 3; i++) {
      const since = performance.now()
      assert.equal(await next(), '2')
      const took = performance.now() - since
      assert.ok(took > PING_INTERVAL - 5 && took < PING_INTERVAL + 150, `${took} ms`)
      ws.send('3')
    }
    ws.close()
  })

  it('unanswered close the session', async () => {
    const sid = await open()
    await pause(PING_INTERVAL + PING_TIMEOUT + 50)
    assert.equal((await post(sid, '3')).status, 400)
    const since = performance.now()
    const { ws } = await openWebSocket()
    await once(ws, 'close')
    const took = performance.now() - since
    assert.ok(took > PING_INTERVAL + PING_TIMEOUT - 10 && took < PING_INTERVAL + PING_TIMEOUT + 200, `${took} ms`)
  })
})

describe('the end', () => {
  it('by a client that polls lets its poll go', async () => {
    const sid = await open()
    const held = poll(sid)
    await pause(20)
    assert.equal((await post(sid, '1')).status, 200)
    assert.equal(await (await held).text(), '6')
    assert.equal((await poll(sid)).status, 400)
  })

  it('by a client on a WebSocket closes it', async () => {
    const { ws } = await openWebSocket()
    ws.send('1')
    await once(ws, 'close')
  })
})

describe('the upgrade', () => {
  calmly()

  async function probed() {
    const sid = await open()
    const ws = socket(`EIO=4&transport=websocket&sid=${sid}`)
    const next = mailbox(ws)
    await once(ws, 'open')
    ws.send('2probe')
    assert.equal(await next(), '3probe')
    return { sid, ws, next }
  }

  it('goes from long-polling to WebSocket', async () => {
    const { sid, ws, next } = await probed()
    assert.equal(await (await poll(sid)).text(), '6')
    ws.send('5')
    ws.send('4hello')
    assert.equal(await next(), '4hello')
    ws.close()
  })

  it('lets go the poll that is held', async () => {
    const sid = await open()
    const held = poll(sid)
    await pause(20)
    const ws = socket(`EIO=4&transport=websocket&sid=${sid}`)
    await once(ws, 'open')
    ws.send('2probe')
    assert.equal(await (await held).text(), '6')
    ws.close()
  })

  it('leaves requests with the same sid refused', async () => {
    const { sid, ws, next } = await probed()
    ws.send('5')
    ws.send('4hello')
    assert.equal(await next(), '4hello')
    assert.equal((await poll(sid)).status, 400)
    assert.equal((await post(sid, '4no')).status, 400)
    const second = socket(`EIO=4&transport=websocket&sid=${sid}`)
    second.on('error', () => {})
    await once(second, 'close')
    ws.send('4still')
    assert.equal(await next(), '4still')
    ws.close()
  })

  it('that is abandoned leaves the session with long-polling', async () => {
    for (const word of [null, '2prob', '4hello', '5']) {
      const sid = await open()
      const ws = socket(`EIO=4&transport=websocket&sid=${sid}`)
      ws.on('error', () => {})
      await once(ws, 'open')
      if (word === null) ws.terminate()
      else ws.send(word)
      await once(ws, 'close')
      assert.equal((await post(sid, '4still')).status, 200)
      assert.equal(await (await poll(sid)).text(), '4still')
    }
  })

  it('that is not completed in time leaves the session with long-polling', async () => {
    const hasty = await start(['--upgrade-timeout', '150', '--ping-interval', '5000'])
    try {
      const at = (query) => `${hasty.url}/engine.io/?${query}`
      const text = await (await fetch(at('EIO=4&transport=polling'))).text()
      const own = `EIO=4&transport=polling&sid=${JSON.parse(text.slice(1)).sid}`
      for (const words of [[], ['2probe']]) {
        const ws = new WebSocket(at(own.replace('polling', 'websocket')).replace('http', 'ws'), { perMessageDeflate: false })
        const since = performance.now()
        await once(ws, 'open')
        for (const word of words) ws.send(word)
        await once(ws, 'close')
        const took = performance.now() - since
        assert.ok(took > 140 && took < 1500, `${took} ms`)
        assert.equal((await fetch(at(own), { method: 'POST', body: '4still' })).status, 200)
        assert.equal(await (await fetch(at(own))).text(), '4still')
      }
    } finally {
      await hasty.stop()
    }
  })

  it('loses, repeats and reorders nothing whatever is sent meanwhile', async () => {
    for (let round = 0; round < 20; round++) {
      const sid = await open()
      const heard = []
      const listen = async () => {
        for (const packet of (await (await poll(sid)).text()).split('\x1e')) if (packet[0] === '4') heard.push(packet)
      }
      let n = 0
      const say = () => post(sid, `4${n++}\x1e4${n++}`)
      await say()
      const polling = listen()
      const ws = socket(`EIO=4&transport=websocket&sid=${sid}`)
      ws.on('error', () => {})
      await once(ws, 'open')
      ws.send('2probe')
      await say()
      await polling
      if (round % 2 === 0) await listen()
      await say()
      ws.on('message', (data) => String(data)[0] === '4' && heard.push(String(data)))
      ws.send('5')
      ws.send(`4${n++}`)
      while (heard.length < n) await pause(1)
      assert.deepEqual(heard, Array.from({ length: n }, (_, i) => `4${i}`))
      ws.close()
    }
  })
})

describe('a client that sends a byte now and then', () => {
  it('is heard no longer than its pongs are awaited', async () => {
    const { ws, handshake } = await openWebSocket()
    const since = performance.now()
    /* A masked frame of a thousand bytes, which never ends. */
    ws._socket.write(Buffer.from([0x81, 0xfe, 0x03, 0xe8, 0, 0, 0, 0]))
    const drip = setInterval(() => ws._socket.write('x'), 50)
    ws._socket.on('error', () => {})
    await once(ws, 'close')
    clearInterval(drip)
    const took = performance.now() - since
    assert.ok(took > PING_INTERVAL && took < PING_INTERVAL + PING_TIMEOUT + 500, `${took} ms`)
    assert.equal((await poll(JSON.parse(handshake.slice(1)).sid)).status, 400)
  })
})

describe('engine.io-client', () => {
  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    it(`has its messages back in order over ${transports.join(', then ')}`, async () => {
      const client = new Socket(server.url, { path: '/engine.io/', transports })
      client.binaryType = 'arraybuffer'
      const got = []
      client.on('message', (data) => got.push(typeof data === 'string' ? data : Buffer.from(data).toString('hex')))
      const wanted = []
      for (let i = 0; i < 60; i++) {
        client.send(`n${i}`)
        client.send(Buffer.from([i]))
        wanted.push(`n${i}`, Buffer.from([i]).toString('hex'))
        await pause(5)
      }
      while (got.length < wanted.length) await pause(5)
      assert.deepEqual(got, wanted)
      assert.equal(client.transport.name, transports.at(-1))
      client.close()
    })
  }
})

describe('a plain WebSocket', () => {
  const plain = () => {
    const ws = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, { perMessageDeflate: false })
    ws.on('error', () => {})
    return ws
  }

  it('gives back what it gets, up to its maximum of 16 MiB', async () => {
    const ws = plain()
    const next = mailbox(ws)
    await once(ws, 'open')
    ws.send('')
    assert.equal(await next(), '')
    const large = Buffer.alloc(16 << 20, 7)
    ws.send(large)
    assert.ok(large.equals(await next()))
    ws.send(Buffer.alloc((16 << 20) + 1))
    const [code] = await once(ws, 'close')
    assert.equal(code, 1009)
  })

  it('answers pings and closes as it was closed', async () => {
    const ws = plain()
    await once(ws, 'open')
    ws.ping('hello')
    const [data] = await once(ws, 'pong')
    assert.equal(String(data), 'hello')
    ws.close(3000, 'bye')
    const [code, reason] = await once(ws, 'close')
    assert.equal(code, 3000)
    assert.equal(String(reason), 'bye')
  })
})
