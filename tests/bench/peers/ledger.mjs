// The table that both receivers write, durable at each commit.
import Database from 'better-sqlite3';

export function openLedger(path) {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(`CREATE TABLE deliveries(type TEXT NOT NULL, session TEXT NOT NULL, received_at INTEGER NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY(type, session)) STRICT`);
  const insert = database.prepare('INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?, ?)');
  return {
    add: (event, body) => insert.run(event.webhookType, event.data.sessionId, Date.now(), body),
    together: (work) => database.transaction(work)(),
  };
}

export function readBody(request, done) {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => done(parts.length === 1 ? parts[0] : Buffer.concat(parts)));
}
