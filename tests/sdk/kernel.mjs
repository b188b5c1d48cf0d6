// @onkernel/sdk 0.84.0. A browser ends once idle; its name is unique among those that live.
import assert from 'node:assert/strict';
import Kernel from '@onkernel/sdk';
import { atVendor, sameIds } from './vendor.mjs';

await atVendor('/kernel', async (world) => {
  const client = new Kernel({ apiKey: world.key, baseURL: world.base, maxRetries: 0 });
  const start = (name) => client.browsers.create({ headless: true, timeout_seconds: 300, name,
    tags: { session_keeper: name } });
  const started = await start('one');
  const id = started.session_id;
  assert.equal(started.timeout_seconds, 300);
  assert.equal(started.headless, true);
  assert.deepEqual(started.tags, { session_keeper: 'one' });
  world.covers('browsers.create');

  assert.equal((await client.browsers.retrieve(id)).name, 'one');
  assert.equal((await client.browsers.retrieve('one')).session_id, id);
  await assert.rejects(start('one'), Kernel.ConflictError);
  world.covers('browsers.retrieve by id and by name, a name that is in use');

  const others = [await start('two'), await start('three')];
  const pages = [];
  for await (const page of (await client.browsers.list({ limit: 100 })).iterPages()) pages.push(page.items);
  assert.deepEqual(pages.map((page) => page.length), [2, 1]);
  sameIds(pages.flat().map((row) => row.session_id), [id, ...others.map((row) => row.session_id)]);
  const mine = await client.browsers.list({ tags: { session_keeper: 'two' } });
  sameIds(mine.items.map((row) => row.session_id), [others[0].session_id]);
  world.covers('browsers.list, two pages, and by tag');

  await world.advance(200);
  await client.browsers.computer.getMousePosition(id);
  await world.advance(200);
  assert.equal((await client.browsers.retrieve(id)).session_id, id);
  await assert.rejects(client.browsers.retrieve(others[0].session_id), Kernel.NotFoundError);
  const ended = await client.browsers.retrieve(others[0].session_id, { include_deleted: true });
  assert.ok(ended.deleted_at);
  world.covers('computer.getMousePosition, an idle end, then 404');

  await client.browsers.deleteByID(id);
  await assert.rejects(client.browsers.retrieve(id), Kernel.NotFoundError);
  await assert.rejects(client.browsers.deleteByID(id), Kernel.NotFoundError);
  const deleted = await client.browsers.list({ status: 'deleted' });
  assert.equal(deleted.items.length, 2);
  const again = await start('one');
  await client.browsers.deleteByID('one');
  assert.equal((await world.remote(again.session_id)).end_reason, 'stopped');
  world.covers('browsers.deleteByID, and a name that is free again');
});
