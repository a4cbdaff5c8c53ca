// graphile-worker.mjs - the adapter of graphile-worker.
import { Logger, makeWorkerUtils, run, runMigrations } from "graphile-worker";
import pg from "pg";
import { main, settingsOf } from "./harness.mjs";

// Of its page on performance: a local queue, completions and failures sent as
// soon as the event loop turns (delay 0), concurrency 24 and one connection
// more than that. The page fills the local queue 500 at a time, and has more
// for fast tasks: 2000 took less time of clients and server here, two processes
// did more than one, and more concurrency or a longer delay was no gain. It has
// no local queue where a task must start soon: so latency has none, which was
// the faster way indeed.
const settings = settingsOf({
  processes: 2,
  concurrency: 24,
  localQueue: process.argv.includes("latency") ? -1 : 2000,
  completeDelay: 0,
});

const logger = new Logger(() => (level, message) => {
  if (level === "error" || level === "warning") console.error(message);
});
const preset = {
  worker: {
    concurrentJobs: settings.concurrency,
    localQueue: { size: settings.localQueue },
    completeJobBatchDelay: settings.completeDelay,
    failJobBatchDelay: settings.completeDelay,
    logger,
  },
};
// PGHOST, PGDATABASE, PGUSER.
const poolOf = (max) => new pg.Pool({ max }).on("error", console.error).on("connect", (client) => {
  client.on("error", console.error);
});

async function setup() {
  const pgPool = poolOf(1);
  await runMigrations({ pgPool, logger });
  await pgPool.end();
}

async function produce() {
  const pgPool = poolOf(1);
  const utils = await makeWorkerUtils({ pgPool, logger });
  return {
    bulk: (n, payload) => utils.addJobs(Array(n).fill({ identifier: "noop", payload })),
    one: (payload) => utils.addJob("noop", payload),
    async stop() {
      await utils.release();
      await pgPool.end();
    },
  };
}

async function work(start) {
  const runner = await run({
    preset,
    pgPool: poolOf(settings.concurrency + 1),
    noHandleSignals: true,
    taskList: { noop: start },
    parsedCronItems: [],
  });
  return { stop: () => runner.stop() };
}

await main({
  settings,
  note: "graphile-worker deletes a job when it is completed",
  setup,
  classify(text) {
    if (/^with j(_raw)? as \(\s*select/.test(text)) return "fetch";
    if (/^delete from .*_private_jobs/.test(text)) return "complete";
  },
  completed: (result) => result.rowCount,
  produce,
  work,
});
