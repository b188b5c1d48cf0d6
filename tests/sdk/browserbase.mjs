// @browserbasehq/sdk 2.21.0. Its list has no pages; what waits and what runs are two queries.
import assert from 'node:assert/strict';
import Browserbase from '@browserbasehq/sdk';
import { atVendor, sameIds, seconds } from './vendor.mjs';

await atVendor('/browserbase', async (world) => {
  const client = new Browserbase({ apiKey: world.key, baseURL: world.base, maxRetries: 0 });
  const start = (word) => client.sessions.create({ projectId: 'p1', keepAlive: true, api_timeout: 900,
    region: 'eu-central-1', userMetadata: { session_keeper: word } });
  const started = await start('one');
  assert.equal(started.status, 'RUNNING');
  assert.equal(started.keepAlive, true);
  assert.equal(started.region, 'eu-central-1');
  assert.equal(seconds(started.createdAt, started.expiresAt), 900);
  assert.ok(started.connectUrl);
  world.covers('sessions.create');

  const read = await client.sessions.retrieve(started.id);
  assert.deepEqual(read.userMetadata, { session_keeper: 'one' });
  await assert.rejects(client.sessions.retrieve('no-such'), Browserbase.NotFoundError);
  world.covers('sessions.retrieve');

  await world.turn({ vendor_starting_ms: 60_000 });
  const waiting = [await start('two'), await start('three')];
  sameIds((await client.sessions.list()).map((row) => row.id), [started.id, ...waiting.map((row) => row.id)]);
  sameIds((await client.sessions.list({ status: 'PENDING' })).map((row) => row.id), waiting.map((row) => row.id));
  sameIds((await client.sessions.list({ status: 'RUNNING' })).map((row) => row.id), [started.id]);
  const mine = await client.sessions.list({ q: "user_metadata['session_keeper']:'three'" });
  sameIds(mine.map((row) => row.id), [waiting[1].id]);
  world.covers('sessions.list by status and by metadata');

  const released = await client.sessions.update(started.id, { status: 'REQUEST_RELEASE' });
  assert.equal(released.status, 'COMPLETED');
  assert.equal((await client.sessions.retrieve(started.id)).status, 'COMPLETED');
  assert.ok((await client.sessions.retrieve(started.id)).endedAt);
  world.covers('sessions.update');

  await assert.rejects(client.sessions.create({ api_timeout: 30 }), Browserbase.BadRequestError);
  await world.turn({ vendor_concurrency_limit: 2 });
  await assert.rejects(start('four'), Browserbase.RateLimitError);
  await assert.rejects(new Browserbase({ apiKey: 'wrong', baseURL: world.base, maxRetries: 0 }).sessions.list(),
    Browserbase.AuthenticationError);
  world.covers('refusals');

  await world.advance(901);
  assert.equal((await client.sessions.retrieve(waiting[0].id)).status, 'TIMED_OUT');
  world.covers('an end at expiresAt');
});
