// croner 11.0.1 against our cron, by 20,000 random expressions in random zones from random times, the next ten each:
// croner.mjs CRON_TIMES, which is our side of it.
//
// Both must say the same but for these, and nothing else:
// - Days on which a zone's offset changes. croner follows the Date object there; ours follows cron(8), which
//   tests/schedule/cron_dst_test.cpp and schedule_dst_test.cpp hold to a table of cases checked by hand. Times on such a
//   day are left out on both sides.
// - Days on which Node's time zone database is not the system's: one may be newer, and know of a law that the other does not.
// - `?`: croner replaces it by the time of the process's start, ours reads it as `*` (Quartz, most others).
// - `*/n` in the day of month together with a weekday: cron(8) takes a field that begins with `*` for unrestricted, so
//   that both must match; croner takes either. So no such expression is drawn.
// - `0-SUN`: Sunday alone to us, as both ends are the same day; croner reads 0 to 7. Nor are such drawn.
// - `n/m` and `22-2` are refused by ours and drawn by nobody.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Cron } from 'croner';

const cases = Number(process.env.CASES ?? 20_000);
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Asia/Kathmandu',
  'America/Sao_Paulo', 'Africa/Cairo', 'Asia/Beirut', 'Pacific/Apia', 'America/St_Johns', 'Pacific/Chatham',
  'Asia/Tehran', 'America/Santiago', 'Africa/Casablanca', 'Europe/Dublin', 'Asia/Tokyo', 'Pacific/Auckland',
  'America/Los_Angeles', 'Antarctica/Troll', 'Asia/Gaza', 'America/Havana'];

// mulberry32
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const random = generator(20261121);
const below = (n) => Math.floor(random() * n);
const one = (list) => list[below(list.length)];

function item(low, high, names) {
  const word = (n) => (names && random() < 0.3 ? names[n - low] : String(n));
  const from = low + below(high - low + 1);
  if (random() < 0.5) return word(from);
  const to = from + below(high - from + 1);
  if (to === from) return word(from);
  const range = `${word(from)}-${word(to)}`;
  return random() < 0.3 ? `${range}/${1 + below(high - low)}` : range;
}

function field(low, high, { star = 0.3, step = 0.2, names } = {}) {
  const draw = random();
  if (draw < star) return '*';
  if (draw < star + step) return `*/${2 + below(Math.max(1, Math.floor((high - low) / 2)))}`;
  const items = [item(low, high, names)];
  while (random() < 0.25) items.push(item(low, high, names));
  return items.join(',');
}

const months = ['JAN', 'feb', 'Mar', 'APR', 'may', 'Jun', 'JUL', 'aug', 'Sep', 'OCT', 'nov', 'Dec'];
const weekdays = ['SUN', 'mon', 'Tue', 'WED', 'thu', 'Fri', 'SAT'];

function expression() {
  if (random() < 0.02) return one(['@hourly', '@daily', '@weekly', '@monthly', '@yearly']);
  let day = field(1, 31, { star: 0.55, step: 0.1 });
  let weekday = field(0, 6, { star: 0.55, step: 0, names: weekdays });
  const special = random();
  if (special < 0.04) day = 'L';
  else if (special < 0.06) day = 'LW';
  else if (special < 0.1) day = `${1 + below(28)}W`;
  else if (special < 0.14) weekday = `${below(7)}L`;
  else if (special < 0.18) weekday = `${one(weekdays)}#${1 + below(4)}`;
  if (day.startsWith('*/')) weekday = '*';
  const five = [field(0, 59), field(0, 23), day, field(1, 12, { star: 0.7, names: months }), weekday];
  return (random() < 0.1 ? [field(0, 59), ...five] : five).join(' ');
}

// The zone's offset at a moment, in minutes, as Node has it.
const formats = new Map();
function offset(zone, time) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat('en', { timeZone: zone, hourCycle: 'h23', year: 'numeric',
      month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }));
  }
  const part = Object.fromEntries(formats.get(zone).formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const local = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  return Math.round((local - Math.floor(time / 1000) * 1000) / 60_000);
}
// The same as the system has it, which is where ours comes from.
const rules = new Map();
function systemOffset(zone, time) {
  if (!rules.has(zone)) {
    const lines = execFileSync('zdump', ['-v', '-c', '2000,2038', zone], { maxBuffer: 1 << 24 }).toString();
    rules.set(zone, [...lines.matchAll(/ (\w{3} +\d+ [\d:]+ \d{4}) UTC? = .* gmtoff=(-?\d+)/g)]
      .map(([, at, seconds]) => ({ at: Date.parse(`${at} UTC`), minutes: Math.round(Number(seconds) / 60) })));
  }
  const known = rules.get(zone);
  return (known.findLast(({ at }) => at <= time) ?? known[0])?.minutes ?? offset(zone, time);
}
// Whether the offset is the same for a day and a half, to both: what a change at midnight moves may lie on either side of it.
const hour = 3_600_000;
const isCalm = (zone, time) => new Set([-36, 0, 36].flatMap((hours) =>
  [offset(zone, time + hours * hour), systemOffset(zone, time + hours * hour)])).size === 1;

function draw() {
  for (;;) {
    const drawn = { text: expression(), zone: one(zones),
      from: Date.UTC(2001, 0, 1) + below(29 * 366 * 24 * 60) * 60_000 };
    try {
      const next = new Cron(drawn.text, { timezone: drawn.zone, paused: true }).nextRuns(10, new Date(drawn.from));
      if (next.length > 0) return { ...drawn, theirs: next.map((date) => date.getTime()) };
    } catch {
      // Drawn anew: croner refuses a few that can never match.
    }
  }
}

const drawn = Array.from({ length: cases }, draw);
const ours = spawn(process.argv[2], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: ours.stdout })[Symbol.asyncIterator]();
ours.stdin.write(drawn.map(({ text, zone, from }) => `${from}\t${zone}\t${text}\n`).join(''));
ours.stdin.end();

let compared = 0;
let left = 0;
for (const { text, zone, from, theirs } of drawn) {
  const { value } = await answers.next();
  const what = `${text} in ${zone} after ${new Date(from).toISOString()}`;
  assert.ok(value !== undefined && !value.startsWith('error'), `${what}: ${value}`);
  const mine = JSON.parse(value);
  const calm = (times) => times.filter((time) => isCalm(zone, time));
  const [a, b] = [calm(theirs), calm(mine)];
  // What was left out makes one list shorter, and the ten end at different times.
  const end = Math.min(theirs.at(-1), mine.at(-1));
  const upTo = (times) => times.filter((time) => time <= end).map((time) => new Date(time).toISOString());
  assert.deepEqual(upTo(b), upTo(a), `${what}: croner is the expected`);
  compared += upTo(a).length;
  left += theirs.length + mine.length - a.length - b.length;
}
assert.ok(compared > cases * 7, 'most times were compared');
console.log(`${cases} expressions: ${compared} times are the same, ${left} on days of change were left out`);
