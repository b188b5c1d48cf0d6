// What somebody sees who opens the page: everything well, then a change, a pause, a session's own page, a failure.
import assert from 'node:assert/strict';
import { judge, rowsOf, until, withStage } from './stage.mjs';

const config = (url) => `
providers:
  agents: {type: videosdk, api_key: "\${SANDBOX_KEY}", secret: "\${SANDBOX_SECRET}", base_url: "${url}", price: {per_hour: 0.6, currency: USD}, budget: {max_cost: 40, period: 1d}}
  browsers: {type: notte, api_key: "\${SANDBOX_KEY}", base_url: "${url}", poll_interval: 2s, rate_limit: 600/1m}
  community: {type: sonoran_cms, api_key: "\${SANDBOX_KEY}", base_url: "${url}"}
plans:
  front-desk:
    provider: agents
    schedule: {start: "0 0 * * *", duration: 24h, time_zone: Europe/Berlin}
    session: {deployment_id: demo, tag: v1.0}
    on_shutdown: stop
    keep_alive: true
  price-watch:
    provider: browsers
    schedule: {always: true}
    count: 2
    session: {idle_timeout: 5m, max_duration: 30m}
    on_shutdown: stop
    keep_alive: true
  nightly-scrape:
    provider: browsers
    schedule: {start: "30 2 * * *", time_zone: America/New_York}
    session: {idle_timeout: 10m, max_duration: 20m}
`;

const headline = (page) => page.textContent('h1');

await withStage(config, async (stage) => {
  await until('three sessions are active', async () => (await stage.status()).sessions.active === 3);
  const page = await stage.open('/');
  await until('the headline', async () => (await headline(page)) === 'All plans are as wanted');
  await until('the stream', async () => (await page.textContent('#link')).startsWith('Live'));
  const plans = await rowsOf(page, 'Plans');
  assert.equal(plans.length, 3);
  assert.match(plans[0].Plan, /^front-deskagents · 0\.\d\d USD in 24 h$/);
  assert.match(plans[1]['Next start'], /02:30.*America\/New_York · .* here$/);
  assert.equal((await rowsOf(page, 'Sessions')).length, 3);
  assert.match((await rowsOf(page, 'Webhooks'))[0].Type, /^ai-deployment-session-/);
  assert.equal((await rowsOf(page, 'Budgets'))[0]['Of at most'], '40.00 USD');
  await page.evaluate(() => { globalThis.neverReloaded = true; });
  await judge(page);
  await stage.shoot(page, 'well');
  await page.emulateMedia({ colorScheme: 'dark' });
  await judge(page);
  await stage.shoot(page, 'dark');
  await page.emulateMedia({ colorScheme: 'light' });

  // A countdown runs.
  const deadline = () => page.textContent('td[data-label="Idle deadline"] time i');
  const before = await deadline();
  assert.match(before, /^in \d+ min \d+ s$/);
  await until('the countdown runs', async () => (await deadline()) !== before, 5);

  // A narrow screen: nothing is cut off.
  const narrow = await stage.open('/', { viewport: { width: 380, height: 800 } });
  assert.ok((await narrow.evaluate(() => document.documentElement.scrollWidth)) <= 380);
  await judge(narrow);
  await stage.shoot(narrow, 'narrow');

  // Times of a plan stand in its zone, and in the reader's.
  const abroad = await stage.open('/', { timezoneId: 'Asia/Kolkata', locale: 'en-GB' });
  assert.match((await rowsOf(abroad, 'Plans'))[1]['Next start'], /02:30.*America\/New_York · \w{3},? 1[23]:00 here$/);

  // Without scripts the essentials are there.
  const plain = await stage.open('/', { javaScriptEnabled: false });
  assert.equal(await headline(plain), 'All plans are as wanted');
  assert.equal(await plain.locator('section[aria-labelledby="Plans"] tbody tr').count(), 3);
  assert.equal(await plain.locator('#control').isVisible(), false);

  // A change appears without a reload, and the keyboard's place is kept.
  await page.focus('section[aria-labelledby="Plans"] ~ section a');
  const { remotes } = await stage.control('GET', '/remotes/live');
  const browsers = remotes.filter((each) => each.provider === 'notte');
  await stage.control('POST', `/remotes/${browsers[0].id}/end`, { as: 'error' });
  const changes = await until('the transition appears', async () => {
    const rows = await rowsOf(page, 'Recent-transitions');
    return rows.some((row) => row.Change.startsWith('error')) && rows;
  });
  assert.match(changes.find((row) => row.Change.startsWith('error')).Plan, /price-watch/);
  assert.equal(await page.evaluate(() => globalThis.neverReloaded), true);

  // Control: not without the token, and not with a wrong one.
  assert.equal(await page.locator('main button').count(), 0);
  await page.click('#control summary');
  await page.fill('#token', 'wrong');
  await page.click('#control form button');
  const pause = page.getByRole('button', { name: 'Pause' }).nth(1);
  await pause.click();
  await until('it is refused', async () => /control token/.test(await page.textContent('#told')));
  assert.ok((await stage.status()).plans.every((plan) => !plan.paused));
  await page.fill('#token', stage.token());
  await page.click('#control form button');
  await page.locator('.actions[data-plan="nightly-scrape"]').getByRole('button', { name: 'Pause' }).click();
  await until('the plan is paused', async () =>
    (await rowsOf(page, 'Plans')).some((row) => row.Plan.startsWith('nightly-scrape') && row.State === 'paused'));
  assert.equal((await stage.status()).plans.find((plan) => plan.name === 'nightly-scrape').paused, true);

  // A session's own page.
  const session = await stage.open('/');
  await session.click('section[aria-labelledby="Sessions"] a');
  await session.waitForSelector('#why');
  assert.equal(await headline(session).then((text) => text.startsWith('active')), true);
  assert.ok((await rowsOf(session, 'Transitions')).length >= 2);
  assert.match(await session.textContent('section[aria-labelledby="why"]'), /Its plan wants/);
  await judge(session);
  await stage.shoot(session, 'session');

  // What is wrong, why, and what comes next.
  await stage.control('POST', '/faults', { provider: 'notte', operation: 'start', status: 422 });
  for (const { id } of (await stage.control('GET', '/remotes/live')).remotes.filter((each) => each.provider === 'notte')) {
    await stage.control('POST', `/remotes/${id}/end`, { as: 'error' });
  }
  await until('the headline tells', async () => (await headline(page)) === 'One plan is degraded');
  const told = await page.textContent('.attention');
  assert.match(told, /^price-watch 0 of 2 active: .*next try/);
  await judge(page);
  await stage.shoot(page, 'degraded');

  // A daemon that is gone does not look well, and one that is back does.
  const icon = () => page.getAttribute('link[rel=icon]', 'href');
  await stage.daemon(false);
  await until('the page says that nobody answers', async () => (await headline(page)).startsWith('The daemon does not answer since '), 10);
  assert.match(await page.title(), /^The daemon does not answer since /);
  assert.match(await icon(), /cf222e/);
  await judge(page);
  await stage.shoot(page, 'gone');
  await stage.daemon(true);
  await until('the page recovers', async () => !(await headline(page)).startsWith('The daemon'));
  assert.doesNotMatch(await page.title(), /does not answer/);
});
