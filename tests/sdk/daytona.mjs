// @daytona/api-client 0.218.0, the client generated from the vendor's API description. What is stopped is still billed.
import assert from 'node:assert/strict';
import { Configuration, SandboxApi } from '@daytona/api-client';
import { atVendor, sameIds } from './vendor.mjs';

await atVendor('/daytona/api', async (world) => {
  const api = new SandboxApi(new Configuration({ basePath: world.base, accessToken: world.key }));
  const start = async (word, more = {}) => (await api.createSandbox({ snapshot: 'daytona-small', autoStopInterval: 15,
    labels: { session_keeper: word }, ...more })).data;
  const refused = (status) => (error) => error.response?.status === status;
  const started = await start('one', { name: 'one', ttlMinutes: 600 });
  assert.equal(started.state, 'started');
  assert.equal(started.autoStopInterval, 15);
  assert.ok(started.autoDestroyAt);
  world.covers('createSandbox');

  assert.deepEqual((await api.getSandbox(started.id)).data.labels, { session_keeper: 'one' });
  assert.equal((await api.getSandbox('one')).data.id, started.id);
  world.covers('getSandbox by id and by name');

  const others = [await start('two'), await start('three', { autoDeleteInterval: 0 })];
  const found = [];
  let cursor;
  do {
    const { data } = await api.listSandboxes(undefined, cursor, 100);
    assert.ok(data.items.length <= 2);
    found.push(...data.items.map((row) => row.id));
    cursor = data.nextCursor;
  } while (cursor);
  sameIds(found, [started.id, ...others.map((row) => row.id)]);
  const mine = await api.listSandboxes(undefined, undefined, 10, undefined, undefined, '{"session_keeper":"two"}');
  sameIds(mine.data.items.map((row) => row.id), [others[0].id]);
  world.covers('listSandboxes, two pages, and by label');

  await world.turn({ vendor_list_lag_ms: 30_000 });
  const late = await start('late');
  const list = async () => (await api.listSandboxes(undefined, undefined, 10, late.id)).data.items.map((row) => row.id);
  assert.ok(!(await list()).includes(late.id));
  await world.advance(31);
  assert.ok((await list()).includes(late.id));
  await world.turn({ vendor_list_lag_ms: 0 });
  world.covers('a list that lags');

  await world.advance(600);
  await api.updateLastActivity(started.id);
  await world.advance(600);
  const kept = (await api.getSandbox(started.id)).data;
  assert.equal(kept.state, 'started');
  assert.ok(Date.parse(kept.lastActivityAt) > Date.parse(started.lastActivityAt));
  assert.equal((await api.getSandbox(others[0].id)).data.state, 'stopped');
  assert.equal((await world.remote(others[0].id)).billed, true, 'its disk is');
  await assert.rejects(api.getSandbox(others[1].id), refused(404));
  world.covers('updateLastActivity, a stop once idle, a deletion with it');

  await api.stopSandbox(started.id);
  assert.equal((await api.getSandbox(started.id)).data.state, 'stopped');
  for (const each of [started, others[0], late]) await api.deleteSandbox(each.id);
  await assert.rejects(api.getSandbox(started.id), refused(404));
  await assert.rejects(api.deleteSandbox(started.id), refused(404));
  world.covers('stopSandbox, deleteSandbox');
});
