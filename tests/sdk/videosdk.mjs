// @videosdk.live/server-sdk 0.1.1. It has no typed wrapper for these sessions: its generic API object is used.
import assert from 'node:assert/strict';
import http from 'node:http';
import { VideoSDK } from '@videosdk.live/server-sdk';
import { until, withSandbox } from './sandbox.mjs';

const sessions = '/ai/v1/ai-deployment-sessions';
const suffixes = ['starting', 'started', 'stopping', 'stopped', 'failed'];

// What the provider's webhook would call: keeps the raw bytes and the signature of each delivery.
async function receive(test) {
  const deliveries = [];
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      deliveries.push({ body: Buffer.concat(parts), signature: request.headers['videosdk-signature'] });
      response.end('{}');
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  try {
    await test(`http://127.0.0.1:${server.address().port}/hook`, deliveries);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const bare = (id) => id.replace(/^session-/, '');

await withSandbox(process.argv[2], async (world) => {
  const client = new VideoSDK({ apiKey: 'sandbox-key', secret: 'sandbox-secret', apiEndpoint: world.api });
  await receive(async (endPoint, deliveries) => {
    const started = await client.api.post(`${sessions}/start`, { body: {
      deploymentId: 'd1', tag: 'v1.0', env: { A: '1' }, metaData: { k: 'v' },
      webhook: { endPoint, events: suffixes.map((word) => `ai-deployment-session-${word}`) },
    } });
    const id = started.data.sessionId;
    assert.equal(started.data.status, 'queued');
    world.covers('api.post start');

    const running = await until('running', async () => {
      const details = await client.api.get(`${sessions}/${id}`);
      return details.status === 'running' && details;
    });
    assert.equal(running.sessionId, id);
    world.covers('api.get details');

    const list = await client.api.get(`${sessions}?page=1&perPage=10`);
    assert.deepEqual(list.data.map((one) => one.sessionId), [id]);
    assert.equal(list.data[0].metadata.k, 'v');
    assert.equal(list.pageInfo.totalItems, 1);
    world.covers('api.get list');

    const ended = await client.api.post(`${sessions}/end`, { body: { sessionId: id } });
    assert.equal(ended.data.status, 'completed');
    world.covers('api.post end');

    await until('four deliveries', () => deliveries.length >= 4);
    for (const { body, signature } of deliveries) {
      const event = await client.webhooks.verify(body, signature);
      assert.ok(event.type.startsWith('ai-deployment-session-'));
      assert.equal(bare(JSON.parse(body).data.sessionId), id);
    }
    await assert.rejects(client.webhooks.verify(Buffer.concat([deliveries[0].body, Buffer.from(' ')]),
      deliveries[0].signature));
    world.covers('webhooks.verify');

    const { publicKey } = await client.api.get('/v2/public/rsa-public-key');
    assert.match(publicKey, /BEGIN (RSA )?PUBLIC KEY/);
    client.webhooks.verifySync(deliveries[0].body, deliveries[0].signature, publicKey);
    assert.throws(() => client.webhooks.verifySync(Buffer.from('{}'), deliveries[0].signature, publicKey));
    world.covers('webhooks.verifySync');
  });
});

// The other flavour of the key, spaced bodies, prefixed ids, and the newer family of events.
await withSandbox(process.argv[2], async (world) => {
  await world.control('POST', '/webhooks', {
    spaced: true, prefix: true, family: 'agent-session', key_format: 'spki',
  });
  const client = new VideoSDK({ apiKey: 'sandbox-key', secret: 'sandbox-secret', apiEndpoint: world.api });
  await receive(async (endPoint, deliveries) => {
    await client.api.post(`${sessions}/start`, { body: {
      deploymentId: 'd1', webhook: { endPoint, events: suffixes.map((word) => `ai-deployment-session-${word}`) },
    } });
    await until('two deliveries', () => deliveries.length >= 2);
    const event = await client.webhooks.verify(deliveries[0].body, deliveries[0].signature);
    assert.ok(event.type.startsWith('agent-session-'), event.type);
    assert.match(deliveries[0].body.toString(), /": /);
    world.covers('webhooks.verify with the other key flavour, spacing, prefix and family');
  });
});
