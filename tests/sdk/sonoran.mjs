// Sonoran's own client is not on npm. The requests that it was seen to send are replayed as they stand.
import assert from 'node:assert/strict';
import http from 'node:http';
import { withSandbox } from './sandbox.mjs';

const account = '00000000-0000-0000-0000-000000000000';
const body = `{"serverId":1,"accId":"${account}"}`;
const headers = {
  Accept: 'application/json', Authorization: 'Bearer sandbox-key', 'Accept-Encoding': 'gzip,deflate',
  'User-Agent': 'node-fetch/1.0 (+https://github.com/bitinn/node-fetch)',
};
const json = { 'Content-Type': 'application/json' };

// With node:http, because fetch does not send a body where the vendor's client does.
function send(base, method, path, extra = {}, text = undefined) {
  return new Promise((done, fail) => {
    const length = text === undefined ? {} : { 'Content-Length': Buffer.byteLength(text) };
    const request = http.request(base + path, { method, headers: { ...extra, ...length } }, (response) => {
      let all = '';
      response.on('data', (part) => { all += part; });
      response.on('end', () => done({ status: response.statusCode, type: response.headers['content-type'], text: all }));
    });
    request.on('error', fail);
    request.end(text);
  });
}

await withSandbox(process.argv[2], async (world) => {
  const v1 = (path, type, data) => send(world.api, 'POST', path, { ...json, Accept: 'application/json' },
    JSON.stringify({ id: 'COMM', key: 'sandbox-key', type, data, product: 1 }));

  const version = await v1('/general/get_sub_version', 'GET_SUB_VERSION', []);
  assert.equal(version.status, 200);
  assert.ok(Number.isInteger(Number(version.text)), version.text);
  const servers = await v1('/servers/get_game_servers', 'GET_GAME_SERVERS', []);
  assert.ok(Array.isArray(JSON.parse(servers.text).servers));
  world.covers('the constructor of the vendor\'s client');

  const sessions = '/v2/community/sessions';
  const none = await send(world.api, 'GET', `${sessions}/current?serverId=1`, headers);
  assert.ok(none.status === 404 || JSON.parse(none.text).data === null);
  const started = await send(world.api, 'POST', sessions, { ...headers, ...json }, body);
  assert.equal(started.status, 201);
  const row = JSON.parse(started.text).data;
  assert.equal(row.startedBy, account);
  const current = await send(world.api, 'GET', `${sessions}/current?serverId=1`, headers);
  assert.equal(JSON.parse(current.text).data.id, row.id);
  const stopped = await send(world.api, 'PATCH', sessions, { ...headers, ...json }, body);
  assert.equal(stopped.status, 200);
  assert.equal((await send(world.api, 'POST', sessions, { ...headers, ...json }, body)).status, 201);
  const cancelled = await send(world.api, 'DELETE', sessions, { ...headers, ...json }, body);
  assert.deepEqual([cancelled.status, cancelled.text], [204, '']);
  world.covers('v2: current, start, stop, cancel with a body in a DELETE');

  const one = [{ serverId: 1, accId: account }];
  for (const [start, get, stop, cancel] of [
    ['/servers/start_session', '/servers/get_current_session', '/servers/stop_session', '/servers/cancel_session'],
    ['/sessions/start', '/sessions/get_current', '/sessions/stop', '/sessions/cancel'],
  ]) {
    const begun = await v1(start, 'START_SESSION', one);
    assert.equal(begun.status, 200);
    const id = JSON.parse(begun.text).id;
    assert.equal(JSON.parse((await v1(get, 'GET_CURRENT_SESSION', [{ serverId: 1 }])).text).id, id);
    assert.equal((await v1(stop, 'STOP_SESSION', one)).status, 200);
    assert.equal((await v1(start, 'START_SESSION', one)).status, 200);
    assert.equal((await v1(cancel, 'CANCEL_SESSION', one)).status, 200);
    world.covers(`v1 by ${start}: start, current, stop, cancel`);
  }
  const wrong = await send(world.api, 'POST', '/servers/start_session', json,
    JSON.stringify({ id: 'COMM', key: 'wrong', type: 'START_SESSION', data: one }));
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /INVALID API KEY/);
  assert.deepEqual((await world.control('GET', '/remotes/live')).remotes, []);
  world.covers('v1 with a wrong key');
});
