// Hears what happens to the tickets that the account may read: npm install socket.io-client
import { io } from 'socket.io-client';

const url = process.env.SIGAP_URL ?? 'http://127.0.0.1:8080';
const answer = await fetch(`${url}/api/auth/login`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ email: process.env.SIGAP_EMAIL, password: process.env.SIGAP_PASSWORD }),
});
const { data } = await answer.json();
const socket = io(url, { auth: { token: `Bearer ${data.tokens.access_token}` } });
socket.on('connect', () => console.log('Listening.'));
socket.on('connect_error', (error) => console.error(error.message));
for (const name of ['ticket:created', 'ticket:assigned', 'ticket:status_changed', 'notification:new']) {
  socket.on(name, (event) => console.log(name, JSON.stringify(event)));
}
