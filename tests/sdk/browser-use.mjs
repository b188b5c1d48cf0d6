// browser-use-sdk 3.11.3, API v3. Minutes, a total count in the list, and no call that extends.
import assert from 'node:assert/strict';
import { BrowserUse } from 'browser-use-sdk/v3';
import { atVendor, sameIds, seconds } from './vendor.mjs';

await atVendor('/browser-use/api/v3', async (world) => {
  const client = new BrowserUse({ apiKey: world.key, baseUrl: world.base, maxRetries: 0 });
  const start = (word) => client.browsers.create({ timeout: 30, metadata: { session_keeper: word } });
  const started = await start('one');
  assert.equal(started.status, 'active');
  assert.equal(seconds(started.startedAt, started.timeoutAt), 1800);
  world.covers('browsers.create');

  assert.deepEqual((await client.browsers.get(started.id)).metadata, { session_keeper: 'one' });
  world.covers('browsers.get');

  const others = [await start('two'), await start('three')];
  const found = [];
  for (let pageNumber = 1; ; ++pageNumber) {
    const page = await client.browsers.list({ filterBy: 'active', pageNumber, pageSize: 100 });
    assert.equal(page.totalItems, 3);
    assert.equal(page.pageNumber, pageNumber);
    found.push(...page.items.map((row) => row.id));
    if (found.length >= page.totalItems) break;
    assert.equal(page.items.length, 2);
  }
  sameIds(found, [started.id, ...others.map((row) => row.id)]);
  world.covers('browsers.list, two pages');

  const stopped = await client.browsers.stop(started.id);
  assert.equal(stopped.status, 'stopped');
  assert.ok(stopped.finishedAt);
  assert.equal((await client.browsers.list({ filterBy: 'active' })).totalItems, 2);
  world.covers('browsers.stop');

  await world.advance(1801);
  const ended = await client.browsers.get(others[0].id);
  assert.equal(ended.status, 'stopped');
  assert.ok(Math.abs(seconds(ended.finishedAt, ended.timeoutAt)) < 1);
  await assert.rejects(client.browsers.create({ timeout: 999 }), { statusCode: 400 });
  world.covers('an end at timeoutAt, a timeout that is too long');
});
