// e2b 2.51.0. A timeout is set anew from the time of the call; what has ended is not known any more.
import assert from 'node:assert/strict';
import { NotFoundError, Sandbox } from 'e2b';
import { atVendor, sameIds, seconds } from './vendor.mjs';

await atVendor('/e2b', async (world) => {
  const options = { apiKey: world.key, apiUrl: world.base, requestTimeoutMs: 5000 };
  const start = (word) => Sandbox.create('base', { ...options, timeoutMs: 300_000, metadata: { session_keeper: word } });
  const started = await start('one');
  const id = started.sandboxId;
  assert.equal((await world.remote(id)).state, 'running');
  world.covers('Sandbox.create');

  const read = await Sandbox.getInfo(id, options);
  assert.equal(read.state, 'running');
  assert.equal(read.templateId, 'base');
  assert.deepEqual(read.metadata, { session_keeper: 'one' });
  assert.equal(seconds(read.startedAt, read.endAt), 300);
  world.covers('Sandbox.getInfo');

  const others = [await start('two'), await start('three')];
  const all = Sandbox.list(options);
  const pages = [];
  while (all.hasNext) pages.push(await all.nextItems());
  assert.deepEqual(pages.map((page) => page.length), [2, 1]);
  sameIds(pages.flat().map((row) => row.sandboxId), [id, ...others.map((row) => row.sandboxId)]);
  const mine = Sandbox.list({ ...options, query: { state: ['running'], metadata: { session_keeper: 'two' } } });
  sameIds((await mine.nextItems()).map((row) => row.sandboxId), [others[0].sandboxId]);
  world.covers('Sandbox.list, two pages, and by metadata');

  await world.advance(200);
  await Sandbox.setTimeout(id, 300_000, options);
  const kept = await Sandbox.getInfo(id, options);
  assert.ok(seconds(read.endAt, kept.endAt) >= 195, 'the timeout begins anew');
  await world.turn({ vendor_extension_counts: false });
  await Sandbox.setTimeout(id, 600_000, options);
  assert.deepEqual((await Sandbox.getInfo(id, options)).endAt, kept.endAt);
  await world.turn({ vendor_extension_counts: true });
  world.covers('Sandbox.setTimeout');

  await world.advance(150);
  await assert.rejects(Sandbox.getInfo(others[0].sandboxId, options), NotFoundError);
  assert.equal((await world.remote(others[0].sandboxId)).end_reason, 'max_duration');
  assert.equal((await Sandbox.getInfo(id, options)).state, 'running');
  world.covers('an end at endAt, then 404');

  assert.equal(await Sandbox.kill(id, options), true);
  assert.equal(await Sandbox.kill(id, options), false);
  await assert.rejects(Sandbox.setTimeout(id, 300_000, options), NotFoundError);
  world.covers('Sandbox.kill, and once more');

  const last = await start('four');
  for (let hour = 0; hour < 23; ++hour) {
    await Sandbox.setTimeout(last.sandboxId, 7_200_000, options);
    await world.advance(3600);
  }
  await Sandbox.setTimeout(last.sandboxId, 7_200_000, options);
  const told = await Sandbox.getInfo(last.sandboxId, options);
  assert.equal(seconds(told.startedAt, told.endAt), 86_400);
  await world.advance(3700);
  await assert.rejects(Sandbox.getInfo(last.sandboxId, options), NotFoundError);
  world.covers('the end after a day, whatever was asked for');
});
