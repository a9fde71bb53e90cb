// What the tests of Engine.IO and Socket.IO share: the program under test.
import { spawn } from 'node:child_process'
import path from 'node:path'

const build = process.env.SIGAP_TEST_BUILD ?? 'build/test'
export const program = path.resolve(build, 'tests/socketio-echo')

/** Starts socketio-echo; stop() fails where it did not end well. */
export async function start(flags = []) {
  const child = spawn(program, ['--listen', '127.0.0.1:0', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const address = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.stdout.once('data', (text) => resolve(String(text).trim()))
    ended.then(({ code, signal }) => reject(new Error(`socketio-echo ended at once: ${code} ${signal}`)))
  })
  return {
    address,
    port: Number(address.split(':').at(-1)),
    url: `http://${address}`,
    pid: child.pid,
    async sessions() {
      return Number(await (await fetch(`http://${address}/sessions`)).text())
    },
    async stop() {
      child.kill('SIGTERM')
      const patience = setTimeout(() => child.kill('SIGKILL'), 15000)
      const end = await ended
      clearTimeout(patience)
      if (end.code !== 0) throw new Error(`socketio-echo ended with ${end.code} ${end.signal}`)
    },
  }
}
