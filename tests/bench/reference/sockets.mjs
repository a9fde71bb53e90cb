// The reference of the sockets' figures: npm's socket.io, WebSockets without compression, as its documentation sets a
// server up.
//   node sockets.mjs desk DATABASE KEYFILE   the same token and session check for each socket, one room for all that
//     may hear of technicians; PUT /api/technicians/UUID/location writes row and event in one durable transaction and
//     tells the room
//   node sockets.mjs echo                    "message" comes back as "message-back"
// Prints "port N".
import fs from 'node:fs';
import http from 'node:http';
import Database from 'better-sqlite3';
import { createVerifier } from 'fast-jwt';
import { Server } from 'socket.io';

const [, , what, path, keyFile] = process.argv;
const server = http.createServer();
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, serveClient: false });

function desk() {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('busy_timeout = 10000');
  const verify = createVerifier({ key: fs.readFileSync(keyFile, 'utf8').trim(), algorithms: ['HS256'], cache: false });
  const session = db.prepare(`SELECT s.id, s.expires_at, s.ended_at, a.id AS account_id, a.role, a.is_active, a.tenant_id
    FROM session s JOIN account a ON a.id = s.account_id JOIN tenant t ON t.id = a.tenant_id
    WHERE s.id = ? AND t.is_active`);
  const account = db.prepare('SELECT id, tenant_id FROM account WHERE uuid = ?');
  const place = db.prepare('UPDATE technician SET latitude = ?, longitude = ?, located_at = ?, updated_at = ? WHERE account_id = ?');
  const event = db.prepare('INSERT INTO event (tenant_id, kind, account_id, created_at) VALUES (?, 30, ?, ?)');
  const move = db.transaction((who, lat, lng, now) => {
    if (place.run(lat, lng, now, now, who.id).changes !== 1) throw new Error('no such technician');
    return event.run(who.tenant_id, who.id, now).lastInsertRowid;
  });
  const resume = (token) => {
    const who = session.get(verify(String(token).replace(/^Bearer /, '')).sid);
    if (!who || who.ended_at || !who.is_active || who.expires_at < Date.now() * 1000) throw new Error('Unauthorized');
    return who;
  };
  io.use((socket, next) => {
    try {
      socket.data.who = resume(socket.handshake.auth.token);
      next();
    } catch {
      next(new Error('Unauthorized'));
    }
  });
  io.on('connection', (socket) => socket.join(`${socket.data.who.tenant_id}:technicians`));
  server.on('request', async (request, response) => {
    if (request.method !== 'PUT') return;
    let body = '';
    for await (const piece of request) body += piece;
    resume(request.headers.authorization);
    const uuid = request.url.split('/')[3];
    const who = account.get(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
    const { lat, lng } = JSON.parse(body);
    const now = Date.now();
    const id = move.immediate(who, lat, lng, now * 1000);
    const told = { technician_id: uuid, location: { lat, lng }, timestamp: new Date(now).toISOString() };
    io.to(`${who.tenant_id}:technicians`).emit('technician:location_updated', told, `0.${id}.0.0`);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ success: true, data: { location: told.location } }));
  });
}

if (what === 'desk') {
  desk();
} else {
  io.on('connection', (socket) => socket.on('message', (...args) => socket.emit('message-back', ...args)));
}
server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
