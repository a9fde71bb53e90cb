// /metrics as Prometheus' own tool judges it, and that what it tells is true.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { email, engines, start } from '../contract/harness.mjs';

const promtool = path.resolve(import.meta.dirname, '../../build/tools/usr/bin/promtool');

async function values(server) {
  const { text } = await server.raw('GET', '/metrics', {});
  return new Map(text.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => {
    const at = line.lastIndexOf(' ');
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

for (const engine of engines()) {
  test(`promtool finds nothing to complain of, after traffic of every kind [${engine}]`, async () => {
    const server = await start({ engine });
    try {
      const admin = await server.seed('super_admin', { address: email('metrics') });
      const isp = server.as('isp');
      const token = (await isp('POST', '/api/auth/login', { body: { email: admin.email, password: server.password } })).body.data.tokens.access_token;
      await isp('GET', '/api/tickets', { token });
      await isp('GET', '/api/tickets', {});
      await server.raw('GET', '/nothing/"here\\\n', {}).catch(() => {});
      await server.raw('GET', '/api/nothing', {});
      const answer = await server.raw('GET', '/metrics', {});
      assert.match(answer.headers['content-type'], /^text\/plain; version=0\.0\.4/);
      const judged = spawnSync(promtool, ['check', 'metrics'], { input: answer.text, encoding: 'utf8' });
      assert.equal(judged.stderr + judged.stdout, '');
      assert.equal(judged.status, 0);
    } finally {
      await server.stop();
    }
  });
}

test('requests are counted by route template and class of status, and their durations in a histogram', async () => {
  const server = await start();
  try {
    const admin = await server.seed('super_admin', { address: email('metrics') });
    const isp = server.as('isp');
    const login = await isp('POST', '/api/auth/login', { body: { email: admin.email, password: server.password } });
    const token = login.body.data.tokens.access_token;
    for (let n = 0; n < 3; n += 1) await isp('GET', '/api/tickets/0190f5a0-0000-7000-8000-000000000000', { token });
    const seen = await values(server);
    const row = [...seen.keys()].find((name) => name.startsWith('sigap_http_requests_total') && name.includes('/api/tickets/:id"') && name.includes('GET') && name.includes('4xx'));
    assert.equal(seen.get(row), 3, 'three times not found, under the template and not under the id');
    const labels = /\{(.*),status=/.exec(row)[1];
    assert.equal(seen.get(`sigap_http_request_duration_seconds_count{${labels}}`), 3);
    assert.equal(seen.get(`sigap_http_request_duration_seconds_bucket{${labels},le="+Inf"}`), 3);
    for (const name of ['sigap_lane_queued{lane="writer"}', 'sigap_commits_total', 'sigap_sockets', 'sigap_mails{state="waiting"}',
      'sigap_deadlines_told_total', 'sigap_sla_warnings_total', 'sigap_sla_breaches_total{clock="response"}',
      'sigap_webhook_deliveries_total{result="delivered"}', 'sigap_webhooks_disabled_total', 'sigap_http_in_flight', 'process_resident_memory_bytes']) {
      assert.ok(Number.isFinite(seen.get(name)), name);
    }
    assert.ok(seen.get('sigap_commits_total') > 0);
  } finally {
    await server.stop();
  }
});
