// What the tests in this folder share: the program under test, and bytes over a socket as they are.
import { spawn } from 'node:child_process'
import net from 'node:net'
import path from 'node:path'

const build = process.env.SIGAP_TEST_BUILD ?? 'build/test'
export const program = path.resolve(build, 'tests/net/http_echo')

/** Starts http_echo with these flags; `before` is a command in front of it (prlimit). */
export async function start(flags = {}, before = []) {
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
  const [command, ...args] = [...before, program, ...words]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const port = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.stdout.once('data', (text) => resolve(Number(text)))
    ended.then(({ code, signal }) => reject(new Error(`http_echo ended at once: ${code} ${signal}`)))
  })
  return {
    port,
    pid: child.pid,
    ended,
    async stop() {
      child.kill('SIGTERM')
      const patience = setTimeout(() => child.kill('SIGKILL'), 15000)
      const end = await ended
      clearTimeout(patience)
      if (end.code !== 0) throw new Error(`http_echo ended with ${end.code} ${end.signal}`)
    },
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** A raw connection that collects what comes. */
export class Wire {
  constructor(port, options = {}) {
    this.bytes = Buffer.alloc(0)
    this.closed = false
    this.failure = null
    this.waiting = []
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, ...options })
    this.socket.setNoDelay(true)
    this.socket.on('data', (data) => {
      this.bytes = Buffer.concat([this.bytes, data])
      this.changed()
    })
    const end = (failure) => {
      this.closed = true
      this.failure ??= failure ?? null
      this.changed()
    }
    this.socket.on('end', () => end())
    this.socket.on('error', (error) => end(error))
    this.socket.on('close', () => end())
  }

  changed() {
    for (const look of this.waiting.splice(0)) look()
  }

  /** Waits until `test` gives something, at most `ms`. */
  async until(test, ms = 8000) {
    const deadline = Date.now() + ms
    for (;;) {
      const got = test()
      if (got) return got
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`nothing within ${ms} ms; so far: ${this.bytes.toString('latin1').slice(0, 500)}`)
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left)
        this.waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  send(text) {
    this.socket.write(Buffer.isBuffer(text) ? text : Buffer.from(text, 'latin1'))
    return this
  }

  /** Takes the next whole answer off the bytes. */
  take(method = 'GET') {
    const text = this.bytes.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) return null
    const [line, ...rest] = text.slice(0, end).split('\r\n')
    const headers = Object.fromEntries(rest.map((h) => [h.slice(0, h.indexOf(':')).toLowerCase(), h.slice(h.indexOf(':') + 2)]))
    const status = Number(line.split(' ')[1])
    const none = method === 'HEAD' || headers['x-method'] === 'HEAD' || status < 200 || status === 204 || status === 304
    const length = none ? 0 : Number(headers['content-length'])
    if (Number.isNaN(length)) throw new Error(`an answer without a length: ${text.slice(0, end)}`)
    if (this.bytes.length < end + 4 + length) return null
    const body = text.slice(end + 4, end + 4 + length)
    this.bytes = this.bytes.subarray(end + 4 + length)
    const json = body.startsWith('{') ? JSON.parse(body) : null
    return { line, status, headers, body, json }
  }

  answer(method, ms) {
    return this.until(() => {
      const answer = this.take(method)
      if (!answer && this.closed) throw new Error(`closed without an answer: ${this.failure ?? 'end'}`)
      return answer
    }, ms)
  }

  /** The peer ended the connection. */
  end(ms) {
    return this.until(() => this.closed, ms)
  }

  destroy() {
    this.socket.destroy()
  }
}

/** Sends all, reads one answer, and says whether the connection was closed after it. */
export async function talk(port, text, method) {
  const wire = new Wire(port)
  wire.send(text)
  const answer = await wire.answer(method)
  await pause(5)
  if (answer.headers.connection === 'close') await wire.end()
  const result = { ...answer, closed: wire.closed, more: wire.bytes.length }
  wire.destroy()
  return result
}

/** CPU seconds the process has used so far. */
export async function cpuSeconds(pid) {
  const { readFile } = await import('node:fs/promises')
  const fields = (await readFile(`/proc/${pid}/stat`, 'latin1')).split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
