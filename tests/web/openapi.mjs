// The API's description against the real answers: each path that is described answers as described, and no answer has a
// member that is not.
import assert from 'node:assert/strict';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { until, withStage } from './stage.mjs';

const config = (url, hook) => `
providers:
  agents: {type: videosdk, api_key: "\${SANDBOX_KEY}", secret: "\${SANDBOX_SECRET}", base_url: "${url}", price: {per_hour: 60, minimum: 1m, currency: USD}, rate_limit: 600/1m}
  browsers: {type: notte, api_key: "\${SANDBOX_KEY}", base_url: "${url}", poll_interval: 1s}
  wrong: {type: notte, api_key: "\${WRONG_KEY}", base_url: "${url}"}
budget: {max_session_time: 100h, period: 1d}
notifications:
  here: {url: "\${HOOK}", events: [session_lost, plan_degraded]}
plans:
  front-desk: {provider: agents, schedule: {always: true}, session: {deployment_id: demo, tag: v1.0}, on_shutdown: stop, keep_alive: true}
  watch: {provider: browsers, schedule: {always: true}, session: {idle_timeout: 5m, max_duration: 30m}, on_shutdown: stop, keep_alive: true}
  broken: {provider: wrong, schedule: {always: true}, session: {}, keep_alive: true}
  nightly: {provider: browsers, schedule: {start: "30 2 * * *"}, session: {}}
`;

process.env.HOOK = 'http://127.0.0.1:9/';

await withStage(config, async (stage) => {
  const get = (path, headers = {}) => fetch(stage.url + path, { headers });
  const bearer = { Authorization: `Bearer ${stage.token()}` };
  await until('two sessions are active', async () => (await stage.status()).sessions.active === 2);
  // One of each: a lost session, a stranger, a pause, a session that has ended, a missed occurrence is not to be had.
  const { remotes } = await stage.control('GET', '/remotes/live');
  await stage.control('POST', `/remotes/${remotes.find((each) => each.provider === 'notte').id}/end`, { as: 'error' });
  const post = (path) => fetch(stage.url + path, { method: 'POST', headers: bearer });
  const sessions = async () => (await (await get('/api/v1/sessions')).json()).sessions;
  await until('it is lost', async () => (await sessions()).some((each) => each.state === 'error' && each.active_at));
  const document = await (await get('/openapi.json')).json();
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  addFormats(ajv);
  ajv.addVocabulary(['openapi', 'info', 'paths', 'components']);
  ajv.addSchema(document, 'api');
  const seen = new Set();
  const check = async (path, method, answer) => {
    const described = document.paths[path][method];
    const response = described.responses[answer.status] ?? described.responses.default;
    const at = response.$ref ? '#/components/responses/problem' : `#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}/responses/${answer.status}`;
    const { content } = response.$ref ? document.components.responses.problem : response;
    seen.add(`${method} ${path} ${answer.status}`);
    if (answer.status === 304) return;
    const type = answer.headers.get('content-type').split(';')[0];
    assert.ok(content[type], `${method} ${path} ${answer.status} has the type ${type}`);
    if (!content[type].schema) return;
    const validate = ajv.getSchema(encodeURI(`api${at}/content/${type.replaceAll('/', '~1')}/schema`).replaceAll('{', '%7B').replaceAll('}', '%7D'));
    assert.ok(validate, `${at} has a schema`);
    const body = await answer.json();
    assert.ok(validate(body), `${method} ${path} ${answer.status}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`);
  };

  await check('/api/v1/plans/{name}/pause', 'post', await post('/api/v1/plans/nightly/pause?reason=holiday'));
  const session = (await sessions())[0].id;
  const delivery = (await (await get('/api/v1/deliveries')).json()).deliveries[0].id;
  const fill = (path, id) => path.replace('{name}', 'nightly').replace('{id}', id);
  for (const [path, methods] of Object.entries(document.paths)) {
    if (path === '/api/v1/events') continue;
    const id = path.startsWith('/api/v1/deliveries') ? delivery : session;
    if (methods.get) {
      await check(path, 'get', await get(fill(path, id), path === '/api/v1/backup' ? bearer : {}));
      if (path.includes('{')) await check(path, 'get', await get(path.replace(/\{\w+\}/, 'none')));
      if (methods.get.responses['400']) await check(path, 'get', await get(fill(path, id) + '?no=such'));
    }
    if (methods.post) await check(path, 'post', await fetch(stage.url + fill(path, id), { method: 'POST' }));
  }
  for (const path of ['/api/v1/sessions', '/api/v1/transitions', '/api/v1/plans']) {
    const first = await get(`${path}?limit=1`);
    const { next } = await first.clone().json();
    await check(path, 'get', first);
    await check(path, 'get', await get(`${path}?limit=1&before=${next}`));
  }
  await check('/api/v1/status', 'get', await get('/api/v1/status', { 'If-None-Match': (await get('/api/v1/status')).headers.get('etag') }));
  const preview = (text) => fetch(`${stage.url}/api/v1/preview`, {
    method: 'POST', headers: { ...bearer, 'content-type': 'application/yaml' }, body: text,
  });
  // One plan is removed, one is added, and the rest stays.
  await check('/api/v1/preview', 'post', await preview(stage.configuration().replace('nightly:', 'weekly:')));
  await check('/api/v1/preview', 'post', await preview('plans: 1'));
  const orders = ['/-/reload', '/api/v1/plans/{name}/resume', '/api/v1/plans/{name}/start', '/api/v1/plans/{name}/stop',
    '/api/v1/sessions/{id}/stop', '/api/v1/stop-all'];
  const living = (await sessions()).find((each) => each.state === 'active').id;
  for (const path of orders) await check(path, 'post', await post(fill(path, living)));
  // A described answer that no call above was given was held against nothing.
  const unseen = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      const good = Object.keys(responses).filter((status) => status.startsWith('2'));
      // A store that is a file has no other node to hand over to.
      if (path !== '/api/v1/events' && path !== '/api/v1/switchover' && !good.some((status) => seen.has(`${method} ${path} ${status}`))) unseen.push(`${method} ${path}`);
    }
  }
  assert.deepEqual(unseen, []);
  console.log(`held against ${seen.size} answers`);
  assert.ok(seen.size >= 50);
});
