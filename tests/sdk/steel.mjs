// steel-sdk 0.18.0. A start may name the id of its session; the list goes on after the id of its last item.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import Steel from 'steel-sdk';
import { atVendor, sameIds } from './vendor.mjs';

await atVendor('/steel', async (world) => {
  const client = new Steel({ steelAPIKey: world.key, baseURL: world.base, maxRetries: 0 });
  const id = randomUUID();
  const started = await client.sessions.create({ sessionId: id, timeout: 900_000, region: 'fra' });
  assert.equal(started.id, id);
  assert.equal(started.status, 'live');
  assert.equal(started.timeout, 900_000);
  await assert.rejects(client.sessions.create({ sessionId: id }), Steel.ConflictError);
  world.covers('sessions.create with an id of ours, and once more');

  assert.equal((await client.sessions.retrieve(id)).createdAt, started.createdAt);
  world.covers('sessions.retrieve');

  const others = [await client.sessions.create({ timeout: 60_000 }), await client.sessions.create({})];
  const ids = [];
  for await (const session of client.sessions.list({ status: 'live' })) ids.push(session.id);
  sameIds(ids, [id, ...others.map((row) => row.id)]);
  const first = await client.sessions.list({ status: 'live' });
  assert.equal(first.sessions.length, 2);
  world.covers('sessions.list, two pages');

  await world.advance(61);
  assert.equal((await client.sessions.retrieve(others[0].id)).status, 'released');
  assert.equal((await client.sessions.list({ status: 'live' })).sessions.length, 2);
  world.covers('an end at the timeout');

  for (const each of [id, others[1].id]) {
    assert.equal((await client.sessions.release(each)).success, true);
    assert.equal((await client.sessions.retrieve(each)).status, 'released');
  }
  await assert.rejects(client.sessions.retrieve(randomUUID()), Steel.NotFoundError);
  world.covers('sessions.release');
});
