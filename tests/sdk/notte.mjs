// notte-sdk 0.0.3. Its HTTP client is one for the process, so there is one NotteClient.
import assert from 'node:assert/strict';
import { NotteClient, listSessions } from 'notte-sdk';
import { withSandbox } from './sandbox.mjs';

await withSandbox(process.argv[2], async (world) => {
  const client = new NotteClient({ apiKey: 'sandbox-key', baseUrl: world.api });
  const session = client.Session({ idle_timeout_minutes: 5, max_duration_minutes: 10 });
  await session.start();
  world.covers('Session.start');
  const started = await session.status();
  assert.equal(started.status, 'active');
  assert.equal(started.idle_timeout_minutes, 5);
  assert.equal(started.max_duration_minutes, 10);
  world.covers('Session.status');

  await world.control('POST', '/advance', { seconds: 120 });
  await session.observe('fast');
  const touched = await session.status();
  assert.ok(Date.parse(touched.last_accessed_at) - Date.parse(started.last_accessed_at) >= 100_000);
  world.covers('Session.observe');

  const listed = await listSessions({ query: { only_active: true } });
  assert.equal(listed.error, undefined);
  assert.deepEqual(listed.data.items.map((item) => item.session_id), [started.session_id]);
  world.covers('listSessions');

  await session.stop();
  const { remotes } = await world.control('GET', '/remotes');
  assert.equal(remotes.length, 1);
  assert.equal(remotes[0].state, 'closed');
  assert.deepEqual((await world.control('GET', '/remotes/live')).remotes, []);
  world.covers('Session.stop');

  const refused = client.Session({ idle_timeout_minutes: 99 });
  await assert.rejects(refused.start());
  world.covers('Session.start refused with 422');
  const { calls } = await world.control('GET', '/calls');
  assert.equal(calls.filter((call) => call.path === '/sessions/start').length, 2, 'the client does not retry');
});
