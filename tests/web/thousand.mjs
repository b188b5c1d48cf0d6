// The page of a thousand sessions: soon there, short enough to read, and live.
import assert from 'node:assert/strict';
import { judge, rowsOf, until, withStage } from './stage.mjs';

const config = (url) => `
providers:
  agents: {type: videosdk, api_key: "\${SANDBOX_KEY}", secret: "\${SANDBOX_SECRET}", base_url: "${url}", max_concurrent: 32, poll_interval: 1h}
defaults: {on_shutdown: leave}
plans:
${[...Array(10).keys()].map((n) => `  fleet-${n}: {provider: agents, schedule: {always: true}, count: 100, session: {deployment_id: demo, tag: v1.0}, keep_alive: true}`).join('\n')}
`;

await withStage(config, async (stage) => {
  await until('a thousand sessions are active', async () => (await stage.status()).sessions.active === 1000, 200);
  const begin = Date.now();
  const page = await stage.open('/');
  await page.waitForSelector('section[aria-labelledby="Sessions"]');
  console.log(`the page of 1,000 sessions was there in ${Date.now() - begin} ms`);
  const sessions = await rowsOf(page, 'Sessions');
  assert.equal(sessions.length, 100);
  assert.match(await page.textContent('section[aria-labelledby="Sessions"] + p'), /100 of 1000/);
  assert.equal((await rowsOf(page, 'Plans')).length, 10);
  await judge(page);
  await stage.shoot(page, 'thousand');
});
