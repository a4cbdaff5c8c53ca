// pg-boss.mjs - the adapter of pg-boss.
import { PgBoss } from "pg-boss";
import { main, settingsOf } from "./harness.mjs";

const QUEUE = "noop";

// work() with a batch handler completes each batch by one array of ids.
// burstWhenBatchFull fetches on while batches come back full (without it a
// worker waits for its poll); several workers overlap one's fetch with
// another's completion; the queue notifies, so that an idle worker is woken.
// A queue of its own table (partition) is what the manual has for large ones.
// Two processes did less than one here, fewer workers or smaller batches too.
const settings = settingsOf({
  processes: 1,
  workers: 4,
  batch: 1000,
  partition: 1,
});

async function boss(options) {
  const one = new PgBoss({
    host: process.env.PGHOST,
    database: process.env.PGDATABASE,
    user: process.env.PGUSER,
    schedule: false, // no cron
    ...options,
  });
  one.on("error", (error) => console.error(error));
  await one.start();
  return one;
}

// Of those that only send: maintenance is the workers' part.
const sender = () => boss({ supervise: false, max: 1 });

async function setup() {
  const one = await sender();
  await one.createQueue(QUEUE, { notify: true, partition: settings.partition === 1 });
  await one.stop();
}

async function produce() {
  const one = await sender();
  return {
    bulk: (n, data) => one.insert(QUEUE, Array.from({ length: n }, () => ({ data }))),
    one: (payload) => one.send(QUEUE, payload),
    stop: () => one.stop(),
  };
}

async function work(start) {
  const one = await boss({ useListenNotify: true, max: settings.workers + 2 });
  await one.work(
    QUEUE,
    {
      batchSize: settings.batch,
      localConcurrency: settings.workers,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: 0.5,
      notifyPollingIntervalSeconds: 0.5,
    },
    async (jobs) => {
      for (const job of jobs) start(job.data);
    },
  );
  return { stop: () => one.stop() };
}

await main({
  settings,
  note: "pg-boss keeps a completed job (7 days by default)",
  setup,
  classify(text) {
    if (/SET\s+state = 'active'/.test(text)) return "fetch";
    if (/^\s*WITH results AS[^]*state = 'completed'/.test(text)) return "complete";
  },
  completed: (result) => Number(result.rows[0].count),
  produce,
  work,
});
